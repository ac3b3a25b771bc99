//! The house rules that a compiler does not know: who may import whom, which crate may be named where, how long a file may be.
//!
//! The tables below are the architecture. A new module under `src/` needs a row in [`LAYERS`]; think before an entry gets longer.

mod scan;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use scan::{Named, module_of, named_in};

/// Modules of one layer, and the layers they may name. A module belongs to the row with the longest prefix of its path.
struct Layer {
    name: &'static str,
    modules: &'static [&'static str],
    may_use: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer { name: "domain", modules: &["domain"], may_use: &[] },
    Layer { name: "clock", modules: &["clock"], may_use: &["domain"] },
    Layer { name: "flow", modules: &["flow"], may_use: &["domain"] },
    Layer { name: "rehearsal", modules: &["rehearsal"], may_use: &["domain", "flow", "store port", "turn"] },
    Layer { name: "simulator", modules: &["simulator"], may_use: &["domain", "flow", "rehearsal"] },
    Layer { name: "wire", modules: &["messenger"], may_use: &["domain"] },
    Layer { name: "graph client", modules: &["messenger::client"], may_use: &["domain", "wire", "clock"] },
    Layer { name: "callout", modules: &["callout"], may_use: &["domain", "flow", "clock"] },
    Layer { name: "vault", modules: &["vault"], may_use: &[] },
    Layer { name: "config", modules: &["config"], may_use: &[] },
    Layer { name: "housekeeping", modules: &["housekeeping"], may_use: &["domain", "store port", "clock"] },
    Layer { name: "store port", modules: &["store"], may_use: &["domain", "flow"] },
    Layer { name: "store adapter", modules: &["store::sql"], may_use: &["domain", "flow", "store port", "vault"] },
    Layer { name: "turn", modules: &["turn"], may_use: &["domain", "flow", "wire", "store port"] },
    Layer { name: "runtime port", modules: &["runtime"], may_use: &["domain", "store port"] },
    Layer {
        name: "actors",
        modules: &["actors"],
        may_use: &["domain", "flow", "wire", "callout", "store port", "turn", "runtime port", "clock"],
    },
    Layer {
        name: "api",
        modules: &["api"],
        may_use: &["config", "domain", "flow", "rehearsal", "wire", "store port", "turn", "runtime port", "clock"],
    },
    Layer { name: "sandbox", modules: &["sandbox"], may_use: &["domain", "wire", "clock"] },
    Layer {
        name: "top",
        modules: &["", "main", "cli", "app", "demo"],
        may_use: &[
            "domain",
            "clock",
            "flow",
            "simulator",
            "rehearsal",
            "wire",
            "graph client",
            "callout",
            "vault",
            "config",
            "housekeeping",
            "store port",
            "store adapter",
            "turn",
            "runtime port",
            "actors",
            "api",
            "sandbox",
        ],
    },
];

/// Layers that must stay pure: the only crates they may name.
const PURE: &[(&str, &[&str])] = &[
    ("domain", &["serde", "serde_json", "jiff", "uuid", "thiserror", "utoipa", "schemars"]),
    (
        "flow",
        &[
            "serde",
            "serde_json",
            "serde_norway",
            "jiff",
            "uuid",
            "thiserror",
            "utoipa",
            "schemars",
            "minijinja",
            "regex",
            "url",
            "hmac",
            "sha2",
            "base64",
            "csv",
            "roxmltree",
            "litemap",
        ],
    ),
    (
        "wire",
        &["serde", "serde_json", "jiff", "thiserror", "utoipa", "hmac", "sha2", "subtle", "hex", "url", "bytes", "async_trait", "secrecy"],
    ),
    ("turn", &["serde", "serde_json", "jiff", "uuid", "thiserror", "tracing"]),
    ("rehearsal", &["serde", "serde_json", "jiff", "uuid", "thiserror", "utoipa"]),
    ("store port", &["serde", "serde_json", "jiff", "uuid", "thiserror", "utoipa", "async_trait", "secrecy"]),
    ("runtime port", &["serde", "thiserror", "utoipa", "async_trait"]),
];

/// What the standard library offers and a pure layer must not touch.
const IMPURE_STD: &[&str] =
    &["std::fs", "std::env", "std::net::Tcp", "std::process", "std::thread", "std::time::SystemTime", "std::time::Instant"];

/// Crates that only some modules may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("aes_gcm", &["vault"]),
    ("diesel", &["store::sql"]),
    ("diesel_migrations", &["store::sql"]),
    ("libsqlite3_sys", &["store::sql"]),
    ("crossbeam_channel", &["store::sql"]),
    ("reqwest", &["messenger::client", "callout", "sandbox", "demo"]),
    ("actix", &["actors", "app"]),
    ("actix_rt", &["actors", "app", "main"]),
    ("actix_web", &["api", "sandbox", "app", "cli", "demo"]),
    ("utoipa_actix_web", &["api", "sandbox", "app"]),
    ("utoipa_swagger_ui", &["api", "app"]),
    ("jsonwebtoken", &["api"]),
    ("argon2", &["api"]),
    ("minijinja", &["flow"]),
    ("csv", &["flow"]),
    ("roxmltree", &["flow"]),
    ("rust_embed", &["api", "sandbox", "app"]),
    ("clap", &["main", "cli", "config"]),
    // Inside, errors are typed.
    ("anyhow", &["main", "cli", "app", "config", "demo"]),
];

/// Files stay under 300 lines; none goes beyond this.
const LONGEST: usize = 400;
/// A longer file says why here.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn each_layer_names_only_the_layers_below_it() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(layer) = layer_of(&file.module) else {
            wrong.push(format!("{}: belongs to no layer; give it a row in LAYERS of tests/layers.rs", file.name()));
            continue;
        };
        for named in file.named.iter().filter(|named| named.inner) {
            match layer_of(&named.path) {
                Some(target) if target.name == layer.name || layer.may_use.contains(&target.name) => {}
                Some(target) => wrong.push(format!(
                    "{}:{}: `{}` names `crate::{}`, but layer `{}` may not use `{}`",
                    file.name(),
                    named.line,
                    file.module.join("::"),
                    named.path.join("::"),
                    layer.name,
                    target.name
                )),
                None => wrong.push(format!("{}:{}: `crate::{}` belongs to no layer", file.name(), named.line, named.path.join("::"))),
            }
        }
    }
    report("imports against the layers (tests/layers.rs, LAYERS)", wrong);
}

#[test]
fn pure_layers_name_no_crate_that_could_reach_outside() {
    let crates = dependencies();
    let mut wrong = Vec::new();
    for file in sources() {
        let Some((layer, allowed)) = layer_of(&file.module).and_then(|layer| PURE.iter().find(|(name, _)| *name == layer.name)) else {
            continue;
        };
        for named in file.named.iter().filter(|named| !named.inner) {
            let path = named.path.join("::");
            if crates.contains(&named.path[0]) && !allowed.contains(&named.path[0].as_str()) {
                wrong.push(format!("{}:{}: layer `{layer}` may not name the crate `{}` (PURE)", file.name(), named.line, named.path[0]));
            }
            if IMPURE_STD.iter().any(|impure| path.starts_with(impure)) {
                wrong.push(format!("{}:{}: layer `{layer}` may not reach outside through `{path}`", file.name(), named.line));
            }
        }
    }
    report("crates in pure layers (tests/layers.rs, PURE)", wrong);
}

#[test]
fn crates_with_a_place_are_named_only_there() {
    let mut wrong = Vec::new();
    for file in sources() {
        for named in file.named.iter().filter(|named| !named.inner) {
            let Some((name, places)) = ONLY_IN.iter().find(|(name, _)| *name == named.path[0]) else { continue };
            if !places.iter().any(|place| starts_with(&file.module, place)) {
                wrong.push(format!("{}:{}: `{name}` may only be named in {}", file.name(), named.line, places.join(", ")));
            }
        }
    }
    report("crates outside their place (tests/layers.rs, ONLY_IN)", wrong);
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count();
        let excused = LONGER.iter().any(|(name, _)| *name == file.name());
        if lines > LONGEST && !excused {
            wrong.push(format!("{}: {lines} lines; split it (at most {LONGEST}), or say why in LONGER", file.name()));
        }
        if lines <= LONGEST && excused {
            wrong.push(format!("{}: {lines} lines is short enough: take it out of LONGER", file.name()));
        }
    }
    report("long files", wrong);
}

#[test]
fn each_module_opens_by_saying_what_it_is() {
    // An endpoint's file is one handler, whose own comment is the API's documentation.
    let says = |file: &&Source| file.text.starts_with("//!") || file.text.contains("#[utoipa::path(");
    let wrong = sources().iter().filter(|file| !says(file)).map(|file| format!("{}: no `//!` at its top", file.name())).collect();
    report("modules without a word about themselves", wrong);
}

#[test]
fn nothing_half_done_is_landed() {
    let marks = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut wrong = Vec::new();
    for path in rust_files("src").into_iter().chain(rust_files("tests")) {
        for (number, line) in fs::read_to_string(root().join(&path)).unwrap().lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                wrong.push(format!("{}:{}: `{mark}`", path.display(), number + 1));
            }
        }
    }
    report("unfinished places", wrong);
}

#[test]
fn each_file_of_tests_is_part_of_the_test_binary() {
    let main = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    let wrong = fs::read_dir(root().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|topic| topic != "main" && !main.contains(&format!("mod {topic};")))
        .map(|topic| format!("tests/{topic}.rs: `mod {topic};` is missing in tests/main.rs, so it never runs"))
        .collect();
    report("tests that never run", wrong);
}

#[test]
fn both_databases_have_the_same_migrations_each_way() {
    let names = |backend: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(backend);
        let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).map(|path| name_of(&path)).collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    let mut wrong: Vec<String> =
        sqlite.symmetric_difference(&postgres).map(|name| format!("{name}: only for one of the two databases")).collect();
    for (backend, name) in sqlite.iter().map(|name| ("sqlite", name)).chain(postgres.iter().map(|name| ("postgres", name))) {
        for direction in ["up.sql", "down.sql"] {
            let path = format!("migrations/{backend}/{name}/{direction}");
            if !root().join(&path).is_file() {
                wrong.push(format!("{path}: missing"));
            }
        }
    }
    report("migrations", wrong);
}

fn report(what: &str, wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{what}: {} found\n  {}", wrong.len(), wrong.join("\n  "));
}

struct Source {
    path: PathBuf,
    module: Vec<String>,
    text: String,
    named: Vec<Named>,
}

impl Source {
    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// Every file under `src/` that is part of the server; unit tests in files of their own are not.
fn sources() -> Vec<Source> {
    rust_files("src")
        .into_iter()
        .map(|path| {
            let module = module_of(&path);
            let text = fs::read_to_string(root().join(&path)).unwrap();
            let named = named_in(&text, &module);
            Source { path, module, text, named }
        })
        .filter(|file| !file.module.iter().any(|part| part == "tests" || part.ends_with("_tests")))
        .collect()
}

fn layer_of(module: &[String]) -> Option<&'static Layer> {
    let length = |layer: &Layer| layer.modules.iter().filter(|prefix| starts_with(module, prefix)).map(|prefix| prefix.len() + 1).max();
    // The crate's root names no layer by itself: an unknown module must not fall back to it.
    let found = LAYERS.iter().filter_map(|layer| length(layer).map(|length| (length, layer))).max_by_key(|(length, _)| *length);
    found.filter(|(length, _)| *length > 1 || module.len() <= 1 && !is_module(module)).map(|(_, layer)| layer)
}

/// `lib.rs` and what it exports directly have no module of their own.
fn is_module(path: &[String]) -> bool {
    path.first().is_some_and(|first| root().join("src").join(format!("{first}.rs")).is_file() || root().join("src").join(first).is_dir())
}

fn starts_with(module: &[String], prefix: &str) -> bool {
    prefix.is_empty() || prefix.split("::").enumerate().all(|(i, part)| module.get(i).is_some_and(|name| name == part))
}

/// The crates of `[dependencies]`, as source names them.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
