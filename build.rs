//! Cargo does not see a new file in a folder that a macro embeds; without this a new migration is left out.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
