//! Every migration goes up, down and up again on both databases, and the code knows every column.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use causerie::on_each;
use causerie::store::sql::AnyConn;
use causerie::store::sql::conn::{Purpose, Target, migrate, pending_migrations};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::postgres::Database;
use crate::support::store::Folder;

/// On SQLite what was written to make each thing; on PostgreSQL its columns, indexes and constraints. One line each.
const SQLITE_SCHEMA: &str = "SELECT name || ' ' || COALESCE(sql, '') AS line FROM sqlite_master \
    WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> '__diesel_schema_migrations' ORDER BY 1";
const POSTGRES_SCHEMA: &str = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' \
        || COALESCE(column_default, '') || ' ' || is_identity AS line \
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations' \
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations' \
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> '__diesel_schema_migrations' \
    UNION ALL SELECT relname || ' ' || COALESCE(reloptions::text, '') FROM pg_class \
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '__diesel_schema_migrations' \
    ORDER BY 1";
/// Table, column, declared type, and whether it may be null.
const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name || ' ' || c.type || CASE c.\"notnull\" WHEN 1 THEN '' ELSE ' NULL' END AS line \
    FROM sqlite_master t JOIN pragma_table_info(t.name) c \
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '__diesel_schema_migrations'";
const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN '' ELSE ' NULL' END AS line \
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(target: &Target, sqlite: &str, postgres: &str) -> Vec<String> {
    let mut conn = target.open(Purpose::Migrate).unwrap();
    let query = diesel::sql_query(if target.is_postgres() { postgres } else { sqlite });
    let lines: Vec<Line> = query.load(&mut conn).unwrap();
    // SQLite keeps the text as it was written, and ALTER TABLE leaves other spaces in it.
    lines.into_iter().map(|line| line.line.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")).collect()
}

fn schema(target: &Target) -> Vec<String> {
    lines(target, SQLITE_SCHEMA, POSTGRES_SCHEMA)
}

fn on_each_target(case: impl Fn(Target, PathBuf)) {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let folder = Folder::new();
    case(Target::parse(&format!("sqlite:{}", folder.path().join("test.sqlite3").display())).unwrap(), migrations.join("sqlite"));
    let database = Database::create();
    case(Target::parse(database.url()).unwrap(), migrations.join("postgres"));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
fn each_migration_takes_back_exactly_what_it_made_and_can_be_made_again() {
    on_each_target(|target, folder| {
        let many = names(&folder).len();
        let migrations = FileBasedMigrations::from_path(&folder).unwrap();
        let mut conn = target.open(Purpose::Migrate).unwrap();
        let up = |conn: &mut AnyConn| on_each!(conn, conn => conn.run_next_migration(migrations.clone()).map(|_| ())).unwrap();
        let down = |conn: &mut AnyConn| on_each!(conn, conn => conn.revert_last_migration(migrations.clone()).map(|_| ())).unwrap();
        let mut schemas = vec![schema(&target)];
        for _ in 0..many {
            up(&mut conn);
            schemas.push(schema(&target));
        }
        assert!(schemas.is_sorted_by(|before, after| before != after), "each changes something");
        for n in (0..many).rev() {
            down(&mut conn);
            assert_eq!(schema(&target), schemas[n], "after taking back number {}", n + 1);
        }
        assert!(schema(&target).is_empty());
        for wanted in &schemas[1..] {
            up(&mut conn);
            assert_eq!(schema(&target), *wanted);
        }
    });
}

#[test]
fn both_databases_have_the_same_migrations_each_with_a_way_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let sqlite = names(&folder.join("sqlite"));
    assert_eq!(sqlite, names(&folder.join("postgres")));
    for (name, database) in sqlite.iter().flat_map(|name| [(name, "sqlite"), (name, "postgres")]) {
        assert_eq!(names(&folder.join(database).join(name)), ["down.sql", "up.sql"], "{database}/{name}");
    }
}

#[test]
fn what_is_embedded_is_what_is_in_the_folders_and_runs_once() {
    on_each_target(|target, folder| {
        let wanted = names(&folder);
        assert_eq!(pending_migrations(&target).unwrap(), wanted);
        assert_eq!(migrate(&target).unwrap().len(), wanted.len());
        assert!(pending_migrations(&target).unwrap().is_empty());
        assert!(migrate(&target).unwrap().is_empty());
    });
}

#[test]
fn several_nodes_may_migrate_at_once() {
    on_each_target(|target, folder| {
        let ran: usize = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate(&target).unwrap().len())).collect();
            nodes.into_iter().map(|node| node.join().unwrap()).sum()
        });
        assert_eq!(ran, names(&folder).len());
    });
}

/// SQLite refuses the change of a new file to its write-ahead log at once where two are at it, whatever the time they would wait.
#[test]
fn several_nodes_may_make_the_same_sqlite_file_at_once() {
    let folder = Folder::new();
    for round in 0..40 {
        let target = Target::parse(&format!("sqlite:{}", folder.path().join(format!("{round}.sqlite3")).display())).unwrap();
        let together = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    together.wait();
                    target.open(Purpose::Write).map(drop).unwrap();
                });
            }
        });
    }
}

/// `table.column` → diesel's type, from every `table!` of the source.
fn definitions() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sql")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for block in source.split("diesel::table! {").skip(1) {
            let (head, columns) = block.split_once(") {").unwrap();
            let table = head.trim().split(' ').next().unwrap();
            let columns = columns.split_once('}').unwrap().0;
            let mut sql_name = None;
            for line in columns.lines().map(|line| line.trim().trim_end_matches(',')) {
                if let Some(name) = line.strip_prefix("#[sql_name = \"") {
                    sql_name = name.strip_suffix("\"]");
                }
                let Some((name, kind)) = line.split_once(" -> ") else { continue };
                let name = format!("{table}.{}", sql_name.take().unwrap_or(name));
                assert_eq!(found.insert(name.clone(), kind.to_owned()), None, "`{name}` is defined twice");
            }
        }
    }
    found
}

#[test]
fn the_code_knows_every_column_by_its_type() {
    let wanted = definitions();
    assert!(wanted.len() > 100);
    on_each_target(|target, _| {
        migrate(&target).unwrap();
        let columns = lines(&target, SQLITE_COLUMNS, POSTGRES_COLUMNS).into_iter().map(|line| {
            let (column, kind) = line.split_once(' ').unwrap();
            let (kind, nullable) = kind.strip_suffix(" NULL").map_or((kind, false), |kind| (kind, true));
            // A rowid is BIGINT by another name.
            let kind = if matches!(column, "events.seq" | "emitted_events.seq" | "explanations.seq") && kind == "INTEGER" {
                "BIGINT"
            } else {
                kind
            };
            let kind = match kind.to_uppercase().as_str() {
                "TEXT" => "Text",
                "BIGINT" => "BigInt",
                "INTEGER" => "Integer",
                "BOOLEAN" => "Bool",
                "BLOB" | "BYTEA" => "Binary",
                other => panic!("{column} is {other}: see migrations/README.md"),
            };
            (column.to_owned(), if nullable { format!("Nullable<{kind}>") } else { kind.to_owned() })
        });
        let columns: BTreeMap<String, String> = columns.collect();
        let unknown: Vec<_> = columns.iter().filter(|(name, kind)| wanted.get(*name) != Some(kind)).collect();
        let missing: Vec<_> = wanted.iter().filter(|(name, kind)| columns.get(*name) != Some(kind)).collect();
        assert!(unknown.is_empty() && missing.is_empty(), "in the database: {unknown:?}\nin the code: {missing:?}");
    });
}
