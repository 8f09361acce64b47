//! A kept change is shown and applied; killed while it is applied, the tree is the old or the new one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use deckhands_e2e::{Bench, bash, wait_for};
use deckhands_testkit::{Script, Step};

/// Files that the agent makes.
const MADE: usize = 2000;
/// Files that it edits, and as many that it deletes.
const OTHERS: usize = 50;
/// Number of the first made file's step: steps are in path order, `edit/…`, `gone/…`, `link`,
/// `made/…`.
const FIRST_MADE: usize = 2 * OTHERS + 1;

/// What is at each path: a directory, a link, or a file with its executable bit and content.
type Tree = BTreeMap<String, String>;

/// A point of a promotion at which the process is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The new content of this step is staged; there is no journal yet.
    Staged(usize),
    /// The journal is written.
    Journal,
    /// The old content of this step is set aside.
    SetAside(usize),
    /// The new content of this step is in its place.
    Placed(usize),
}

impl Moment {
    fn has_come(self, stage: &Path) -> bool {
        let there = |part: &str, number: usize| {
            let path = stage.join(part).join(number.to_string());
            fs::symlink_metadata(path).is_ok()
        };
        let journal = || stage.join("journal.json").exists();
        match self {
            Self::Staged(number) => there("new", number),
            Self::Journal => journal(),
            Self::SetAside(number) => there("old", number),
            Self::Placed(number) => journal() && !there("new", number),
        }
    }
}

/// Twenty moments from the first staged file to the last one put in place.
fn moments() -> Vec<Moment> {
    let staged = [0, FIRST_MADE + 600, FIRST_MADE + MADE - 1].map(Moment::Staged);
    let set_aside = [OTHERS, 2 * OTHERS - 1, 0, OTHERS - 1].map(Moment::SetAside);
    let placed = (0..12).map(|n| Moment::Placed(FIRST_MADE + n * MADE / 12));
    let mut moments = staged.to_vec();
    moments.push(Moment::Journal);
    moments.extend(set_aside);
    moments.extend(placed);
    assert_eq!(moments.len(), 20);
    moments
}

/// The work of the agent: one command.
fn work() -> Script {
    let made = format!(
        "mkdir made && for n in $(seq -w 0 {}); do echo \"made $n\" > made/$n; done && \
         for f in edit/*; do echo edited >> $f; done && chmod +x edit/00 && rm gone/* && \
         ln -s made/0000 link",
        MADE - 1
    );
    Script::new([bash(&made), Step::finish("done")])
}

/// A world whose workspace has files to edit and to delete.
fn bench() -> Bench {
    let bench = Bench::new(work());
    for dir in ["edit", "gone", "kept"] {
        fs::create_dir(bench.workspace.join(dir)).expect("a directory");
        for number in 0..OTHERS {
            let path = bench.workspace.join(format!("{dir}/{number:02}"));
            fs::write(path, format!("{dir} {number}\n")).expect("a file");
        }
    }
    bench
}

/// What the work makes of a tree.
fn worked(old: &Tree) -> Tree {
    let mut new: Tree = old
        .iter()
        .filter(|(path, _)| !path.starts_with("gone"))
        .map(|(path, content)| {
            let edited = if path.starts_with("edit/") {
                "edited\n"
            } else {
                ""
            };
            (path.clone(), format!("{content}{edited}"))
        })
        .collect();
    let first = new.get_mut("edit/00").expect("an edited file");
    *first = first.replacen("file ", "program ", 1);
    new.insert("made".to_owned(), "directory".to_owned());
    new.insert("link".to_owned(), "link made/0000".to_owned());
    for number in 0..MADE {
        new.insert(
            format!("made/{number:04}"),
            format!("file made {number:04}\n"),
        );
    }
    new
}

fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(dir) = todo.pop() {
        for item in fs::read_dir(root.join(&dir))
            .expect("a directory")
            .flatten()
        {
            let path = dir.join(item.file_name());
            let place = root.join(&path);
            let meta = fs::symlink_metadata(&place).expect("a path");
            let found = if meta.is_dir() {
                todo.push(path.clone());
                "directory".to_owned()
            } else if meta.is_symlink() {
                format!("link {}", fs::read_link(&place).expect("a link").display())
            } else {
                let runs = meta.permissions().mode() & 0o111 != 0;
                let content = fs::read_to_string(&place).expect("a text");
                format!("{} {content}", if runs { "program" } else { "file" })
            };
            tree.insert(path.display().to_string(), found);
        }
    }
    tree
}

/// Copies a directory as it is to where nothing is.
fn copy(how: &str, from: &Path, to: &Path) {
    let status = Command::new("cp").arg(how).arg(from).arg(to).status();
    assert!(status.expect("the cp command").success());
}

/// Home and workspace as they were after the run.
struct Fresh {
    home: PathBuf,
    workspace: PathBuf,
}

impl Fresh {
    fn of(bench: &Bench) -> Self {
        let dir = bench.dir.path();
        let fresh = Self {
            home: dir.join("home.0"),
            workspace: dir.join("workspace.0"),
        };
        copy("-a", &bench.home, &fresh.home);
        copy("-a", &bench.workspace, &fresh.workspace);
        fresh
    }

    /// Puts both back. No file of a home is ever written in its place, so that links will do there.
    fn restore(&self, bench: &Bench) {
        for dir in [&bench.home, &bench.workspace] {
            fs::remove_dir_all(dir).expect("remove a directory");
        }
        copy("-al", &self.home, &bench.home);
        copy("-a", &self.workspace, &bench.workspace);
    }
}

fn start(bench: &Bench, args: &[&str]) -> Child {
    let mut command = bench.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("start the binary")
}

/// Waits for the moment without a pause, for it is short, and kills; tells whether it came.
fn kill_at(moment: Moment, stage: &Path, mut child: Child) -> bool {
    let mut came = false;
    while !came && child.try_wait().expect("its state").is_none() {
        came = moment.has_come(stage);
    }
    let _ = child.kill();
    let _ = child.wait().expect("its end");
    came
}

/// A change that is kept, and the trees before and after it.
struct Kept {
    bench: Bench,
    id: String,
    stage: PathBuf,
    old: Tree,
    new: Tree,
}

impl Kept {
    /// The one run of the test, asked not to apply.
    fn make() -> Self {
        let bench = bench();
        let old = tree(&bench.workspace);
        let report = bench.run(&["make many files", "--no-apply"]);
        let report = report.with_code(0).json();
        let count = report["changes"].as_array().map(Vec::len);
        assert_eq!(count, Some(FIRST_MADE + MADE));
        assert!(tree(&bench.workspace) == old, "nothing is applied");
        let id = report["task_id"].as_str().expect("an id").to_owned();
        let patch = fs::read_to_string(report["patch"].as_str().expect("a patch"));
        let shown = bench.call(&["diff", "last"]).with_code(0).stdout;
        assert!(shown == patch.expect("the patch"), "byte for byte");
        Self {
            stage: bench.workspace.join(format!(".deckhands-promotion-{id}")),
            new: worked(&old),
            bench,
            id,
            old,
        }
    }

    /// Kills an `apply` at the moment; whether it met a journal, and whether the tree was mixed.
    fn kill(&self, moment: Moment) -> (bool, bool) {
        let child = start(&self.bench, &["apply", &self.id]);
        let came = kill_at(moment, &self.stage, child);
        let journal = self.stage.join("journal.json").exists();
        let mut between = tree(&self.bench.workspace);
        between.retain(|path, _| !path.starts_with(".deckhands-promotion-"));
        (came && journal, between != self.old && between != self.new)
    }

    /// The next command makes it the old or the new tree, and `apply` the new one.
    fn assert_recovers(&self, next: &[&str], moment: Moment, journal: bool) {
        let (bench, id) = (&self.bench, self.id.as_str());
        let _ = bench.call(next).with_code(0);
        let whole = tree(&bench.workspace);
        let is_new = whole == self.new;
        assert!(
            is_new || whole == self.old,
            "{moment:?}: neither old nor new"
        );
        assert!(is_new || !journal, "{moment:?}: a journal is completed");
        let applied = bench.call(&["apply", id, "--json"]).with_code(0).json();
        assert_eq!(applied["applied"], true, "{moment:?}");
        assert_eq!(applied["already_applied"], is_new, "{moment:?}");
        assert!(
            tree(&bench.workspace) == self.new,
            "{moment:?}: not the new tree"
        );
    }

    /// A file that the user changed stays, and with it everything.
    fn assert_conflict(&self) {
        let (bench, id) = (&self.bench, self.id.as_str());
        fs::write(bench.workspace.join("edit/07"), "mine\n").expect("a file");
        let mine = tree(&bench.workspace);
        let refused = bench.call(&["apply", &id[..8], "--json"]);
        let refused = refused.with_code(1).json();
        assert_eq!(refused["applied"], false);
        assert_eq!(refused["conflict"], serde_json::json!(["edit/07"]));
        assert!(tree(&bench.workspace) == mine, "nothing is applied");
        let (front, last) = id.split_at(id.len() - 1);
        let other = front.to_owned() + if last == "0" { "1" } else { "0" };
        let _ = bench.call(&["diff", &other, "--json"]).with_code(2);
    }
}

#[test]
fn an_apply_that_is_killed_at_any_moment_leaves_the_old_or_the_new_tree() {
    let kept = Kept::make();
    let fresh = Fresh::of(&kept.bench);
    let (mut in_flight, mut mixed) = (0, 0);
    for (round, moment) in moments().into_iter().enumerate() {
        fresh.restore(&kept.bench);
        let (journal, between) = kept.kill(moment);
        in_flight += usize::from(journal);
        mixed += usize::from(between);
        let next: &[&str] = match round % 5 {
            0 => &["reap", "--json"],
            _ => &["diff", &kept.id, "--json"],
        };
        kept.assert_recovers(next, moment, journal);
    }
    assert!(in_flight >= 14, "only {in_flight} kills met a journal");
    assert!(mixed >= 12, "only {mixed} kills left a mixed tree");
    fresh.restore(&kept.bench);
    kept.assert_conflict();
    kept.bench.assert_nothing_left();
}

#[test]
fn a_run_that_is_killed_while_it_applies_is_completed_by_the_next_command() {
    let bench = bench();
    let new = worked(&tree(&bench.workspace));
    let child = {
        let mut command = bench.run_command(&["make many files"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("start the binary")
    };
    let record = wait_for("the change", Duration::from_secs(200), || {
        bench.attempt_file("change.json")
    });
    let task = record.ancestors().nth(2).and_then(Path::file_name);
    let id = task.expect("a task").to_string_lossy().into_owned();
    let stage = bench.workspace.join(format!(".deckhands-promotion-{id}"));
    let came = kill_at(Moment::Placed(FIRST_MADE + MADE / 2), &stage, child);
    assert!(came, "the run ended before it was killed");
    assert!(
        stage.join("journal.json").exists(),
        "the promotion had ended"
    );
    let _ = bench.call(&["reap"]).with_code(0);
    assert!(tree(&bench.workspace) == new, "not the new tree");
    let applied = bench.call(&["apply", "last", "--json"]).with_code(0).json();
    assert_eq!(applied["already_applied"], true);
    bench.assert_nothing_left();
}
