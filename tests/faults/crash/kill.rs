//! `kill -9` at many moments: what was acknowledged is there, the file is whole, and the next
//! command works and cleans up.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Stdio};

use libtest_mimic::Trial;

use crate::support::{Folder, finish, manifest, registry, run, trials, versions_in};

pub(crate) fn trials() -> Vec<Trial> {
    trials![a_writer_killed_at_any_moment_does_no_harm,]
}

/// When a writer is killed: at the first look that finds it so.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After so many looks at the folder, wherever it may be then.
    Look(u32),
    /// It has the lock.
    Locked,
    /// Its temporary file is there.
    Writing,
    /// The manifest is another file than before.
    Replaced,
}

fn a_writer_killed_at_any_moment_does_no_harm() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(200));
    let mut expected = versions_in(&path);
    let steps = [Moment::Locked, Moment::Writing, Moment::Replaced];
    let moments = (0..15).map(|n| Moment::Look(n * 40)).chain(steps.into_iter().cycle().take(30));

    let mut killed = 0;
    for (round, moment) in moments.enumerate() {
        let name = format!("killed{round}");
        let inode = fs::metadata(&path).expect("the manifest").ino();
        let mut command = registry(&path);
        command.args(["register", "m", "--artifact-path", "s3://p", "--version", &name]);
        let mut writer =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        wait_for(moment, &folder, inode, &mut writer);
        writer.kill().expect("it may be killed even when it has ended");
        let ran = finish(writer);
        killed += u32::from(ran.signal == Some(9));

        let found = versions_in(&path);
        if found.last() == Some(&name) {
            expected.push(name);
        } else {
            assert_eq!(ran.stdout, "", "{moment:?}: {name} was acknowledged and is not there");
        }
        assert_eq!(found, expected, "{moment:?}");

        let name = format!("next{round}");
        let mut next = registry(&path);
        next.args(["register", "m", "--artifact-path", "s3://p", "--version", &name]);
        run(next.args(["--lock-timeout", "0"])).code(0).quiet();
        expected.push(name);
        assert_eq!(versions_in(&path), expected, "{moment:?}");
        assert_eq!(folder.leftovers(), [""; 0], "{moment:?}");
    }
    assert!(killed >= 5, "{killed} writers were killed before their end");
}

/// Looks until the moment has come, or the writer has ended.
fn wait_for(moment: Moment, folder: &Folder, inode: u64, writer: &mut Child) {
    let lock = folder.file(".manifest.json.lock");
    let temporary = folder.file(&format!(".manifest.json.tmp.{}.0", writer.id()));
    let mut looks = 0;
    loop {
        let there = match moment {
            Moment::Look(count) => looks >= count,
            Moment::Locked => size(&lock) > 0,
            Moment::Writing => temporary.exists(),
            Moment::Replaced => {
                let metadata = fs::metadata(folder.file("manifest.json"));
                metadata.expect("the manifest is never away").ino() != inode
            }
        };
        if there || writer.try_wait().expect("its state").is_some() {
            return;
        }
        looks += 1;
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}
