//! What expressions may say: each filter and test with an example that the tests evaluate.

use super::Book;

/// A word of the expression language.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    pub name: &'static str,
    pub about: &'static str,
    /// With `order` = `AB123456`, `n` = 3, `names` = `["Ana", "Bo"]` and `items` as [`ITEMS`]; `nickname` is unset.
    pub example: &'static str,
    /// What the example is written as; of a test `true` or `false`.
    pub gives: &'static str,
}

const fn word(name: &'static str, about: &'static str, example: &'static str, gives: &'static str) -> Word {
    Word { name, about, example, gives }
}

const FILTERS: &[Word] = &[
    word("abs", "A number without its sign.", "(2 - 5) | abs", "3"),
    word("capitalize", "The first letter large, the others small.", "'ana MARIA' | capitalize", "Ana maria"),
    word("count", "How many characters, items or fields; as `length`.", "names | count", "2"),
    word("d", "Short for `default`.", "nickname | d('friend')", "friend"),
    word(
        "date",
        "A time, date or time of day, written by a pattern (`strftime`). A time is written in UTC, or in the time zone that the second \
         argument names (`Europe/Paris`: summer time is known, and no zone file is needed), or at so many hours from UTC.",
        "'2026-07-02T09:00:00Z' | date('%d/%m %H:%M', 'Europe/Paris')",
        "02/07 11:00",
    ),
    word(
        "default",
        "Another value where there is none. With `true` as second argument also for zero, false and empty.",
        "nickname | default('friend')",
        "friend",
    ),
    word("first", "The first item or character.", "names | first", "Ana"),
    word("float", "As a number with a fraction.", "'2.5' | float", "2.5"),
    word("int", "As a whole number.", "'42' | int", "42"),
    word("join", "The items as one text, with this between them.", "names | join(', ')", "Ana, Bo"),
    word("last", "The last item or character.", "names | last", "Bo"),
    word("length", "How many characters, items or fields.", "order | length", "8"),
    word("lower", "In small letters.", "order | lower", "ab123456"),
    word(
        "map",
        "That field of each item, as a list; `a.b` for a field of a field. Items without it are left out, unless `default` stands in.",
        "items | map(attribute='title') | join(', ')",
        "Lamp, Chair",
    ),
    word("max", "The greatest item.", "[3, 1, 2] | max", "3"),
    word("min", "The least item.", "[3, 1, 2] | min", "1"),
    word(
        "plus",
        "A time, date or time of day so much later, or earlier: `3d`, `-90m`. A date takes whole days; a day of a time is 24 hours.",
        "'2026-02-27' | plus('3d') | date('%d/%m')",
        "02/03",
    ),
    word("replace", "With another text in the place of one.", "order | replace('AB', 'No. ')", "No. 123456"),
    word("reverse", "From the end to the beginning.", "names | reverse | join(', ')", "Bo, Ana"),
    word("round", "Rounded, to so many digits of the fraction.", "2.345 | round(1)", "2.3"),
    word(
        "selectattr",
        "The items whose field has a value, or compares so (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`) with another value.",
        "(items | selectattr('id', '==', 'c2') | first).title",
        "Chair",
    ),
    word("sort", "In order.", "['b', 'c', 'a'] | sort | join(' ')", "a b c"),
    word("split", "The parts between a text, as a list.", "'red, blue' | split(', ') | last", "blue"),
    word("string", "As text.", "(n | string) ~ '!'", "3!"),
    word("sum", "All items added.", "[1, 2, n] | sum", "6"),
    word(
        "timestamp",
        "Seconds since 1970 of a time, or of a date's midnight in UTC: the difference of two is the time between them.",
        "(('2026-03-04' | timestamp) - ('2026-03-01' | timestamp)) / 86400",
        "3.0",
    ),
    word("title", "Each word with a large letter.", "'ana maria' | title", "Ana Maria"),
    word("trim", "Without spaces at either end.", "'  yes ' | trim", "yes"),
    word("unique", "Each item once.", "[1, 1, 2] | unique | join(' ')", "1 2"),
    word("upper", "In large letters.", "'ab' | upper", "AB"),
    word("urlencode", "For a part of a URL's path or query.", "'a b&c' | urlencode", "a%20b%26c"),
];

const TESTS: &[Word] = &[
    word("defined", "It has a value.", "order is defined", "true"),
    word("undefined", "It has none.", "nickname is undefined", "true"),
    word("none", "As `undefined`.", "order is none", "false"),
    word("number", "It is a number.", "n is number", "true"),
    word("string", "It is a text.", "order is string", "true"),
    word("boolean", "It is true or false.", "n is boolean", "false"),
    word("sequence", "It is a list.", "names is sequence", "true"),
    word("mapping", "It is an object.", "names is mapping", "false"),
    word("odd", "It is an odd number.", "n is odd", "true"),
    word("even", "It is an even number.", "n is even", "false"),
    word("startingwith", "The text begins so.", "order is startingwith('AB')", "true"),
    word("endingwith", "The text ends so.", "order is endingwith('AB')", "false"),
    word(
        "matching",
        "A part of the text matches the regular expression (Rust's `regex`); `^` and `$` for the whole of it. The pattern is written out \
         and taken as it is, backslashes too.",
        r"order is matching('^[A-Z]{2}\d{6}$')",
        "true",
    ),
];

/// Names that stand beside the variables.
const ROOTS: &[(&str, &str)] = &[
    (
        "contact",
        "Who writes: `first_name`, `last_name`, `name`, `locale`, `timezone` (hours from UTC), `id`, `labels`, `attributes`, and each attribute by its own name.",
    ),
    ("locale", "The session's language, e.g. `fr_CA`."),
    ("last_text", "The visitor's last words."),
    ("now", "The time of the turn, in UTC: `2026-03-02T09:00:00Z`."),
    ("page", "The page: `name`."),
    ("chatflow", "The chatflow: `id` and `name`."),
    (
        "agents",
        "Who is there for the visitor now: `online` (how many agents are), `free` (how many of those may be given one conversation more), \
         and `teams`, where each team has both by its name: `agents.teams['Sales'].free > 0`.",
    ),
    ("link", "The link that the session came through: `id`, `ref`, `label`, `source`, `ad_id`."),
];

/// What an HTTP call may have answered.
pub const ITEMS: &str = r#"[{"id": "l1", "title": "Lamp"}, {"id": "c2", "title": "Chair"}]"#;

const PROSE: &str = "\
In a text, `{{ expression }}` stands for a value; a condition (`if`) is an expression without the braces. The words are those of \
Jinja: texts in quotes, numbers, `true`, `false`, `none`, lists `[1, 2]`, objects `{'a': 1}`, `a.b`, `a[0]`; `+ - * / // % **`, `~` joins \
texts; `== != < <= > >=`, `in`, `not in`, `is`, `and`, `or`, `not`; `a if condition else b`; `value | filter`.

A comparison with something that has no value is false, whichever way it is written; zero and empty texts are values. A text that \
reads as a number counts as one beside a number. What has no value is written as nothing, with the space before it, and reported to \
operators. There are no statements (`{% %}`) and no loops.";

/// Every example, with what it gives, and whether it is a condition.
pub fn examples() -> impl Iterator<Item = (&'static Word, bool)> {
    FILTERS.iter().map(|word| (word, false)).chain(TESTS.iter().map(|word| (word, true)))
}

pub fn write(book: &mut Book<'_>) {
    book.prose(PROSE, None);
    book.heading(3, "Names");
    book.text("The variables that the flow declares or sets, and:");
    book.table(&["Name", ""], ROOTS.iter().map(|(name, about)| vec![format!("`{name}`"), (*about).to_owned()]).collect());
    let items = format!("and `items` = `{ITEMS}`; `nickname` is unset.");
    book.text(&format!("The examples below have `order` = `AB123456`, `n` = `3`, `names` = `[\"Ana\", \"Bo\"]` {items}"));
    for (title, words) in [("Filters", FILTERS), ("Tests", TESTS)] {
        book.heading(3, title);
        let row = |word: &Word| {
            vec![format!("`{}`", word.name), word.about.to_owned(), format!("`{}`", word.example), format!("`{}`", word.gives)]
        };
        book.table(&["Name", "", "Example", "Gives"], words.iter().map(row).collect());
    }
}
