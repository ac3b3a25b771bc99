//! What SVG, XLIFF and HTML have in common: a letter that is markup is written as its entity. What else a format cannot
//! hold is its own affair.

pub fn push(out: &mut String, letter: char) {
    match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        other => out.push(other),
    }
}
