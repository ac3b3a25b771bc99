//! The newcomer's walk of the README is true: its shell lines are run, as they stand, against a demo.

use std::process::Command;

use crate::support::browser::demo;
use crate::support::store::Folder;

/// The shell blocks of one section, in order.
fn shell_of(section: &str) -> String {
    let readme = include_str!("../README.md");
    let section = readme.split("\n## ").find(|part| part.starts_with(section)).expect("the README has the section");
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_newcomers_walk_can_be_walked() {
    let (_process, told) = demo(&[]);
    let folder = Folder::new();
    let walk = Command::new("bash")
        .args(["-xeuo", "pipefail", "-c", &shell_of("A newcomer's walk")])
        .env("BASE", told["base_url"].as_str().unwrap())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let (out, trace) = (String::from_utf8_lossy(&walk.stdout), String::from_utf8_lossy(&walk.stderr));
    assert!(walk.status.success(), "the walk stopped:\n{out}\n{trace}");
    assert!(!out.lines().any(|line| line == "null"), "something that the walk shows is missing:\n{out}\n{trace}");
    for shown in ["\"ok\": true", "visitor: my lamp", "\"subject\": \"my lamp\"", "\"kind\": \"bot\""] {
        assert!(out.contains(shown), "`{shown}` is missing:\n{out}\n{trace}");
    }
}
