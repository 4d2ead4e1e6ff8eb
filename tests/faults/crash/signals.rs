//! Processes that are stopped, terminated or killed in the middle of a write.

use libtest_mimic::Trial;

use std::panic::catch_unwind;

use crate::support::{
    Background, Need, REGISTER, Traced, assert_bytes, program, registry, run, trials,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Strace] => the_lock_holder_is_killed,
        [Need::Strace] => signals,
        [Need::Strace] => signals_where_the_caller_ignores_them,
        a_failing_test_leaves_no_process_behind,
    ]
}

fn the_lock_holder_is_killed() {
    let traced = Traced::new();
    let stopped = traced.stop_after("fsync", 1);
    let ran = run(registry(&traced.path).args(["--lock-timeout", "0"]).args(REGISTER));
    ran.code(1).reports("is locked by process ").reports("(registry register, since ");
    assert_eq!(traced.folder.leftovers().len(), 1);

    stopped.signal("KILL");
    assert_eq!(stopped.finish().signal, Some(9));
    assert_bytes(&traced.path, traced.before.as_bytes());
    traced.assert_next_works("after the holder's death");
}

/// A signal ends the process by its default action, which a shell reports as 130 or 143.
fn signals() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        // The second `fsync` is that of the folder, when the new file is in place.
        for (call, when, saved) in
            [("flock", 1, false), ("fsync", 1, false), ("rename", 1, true), ("fsync", 2, true)]
        {
            let traced = Traced::new();
            let stopped = traced.stop_after(call, when);
            stopped.signal(name);
            stopped.signal("CONT");
            let ran = stopped.finish();
            let name = format!("{name} after {call} {when}");
            assert_eq!((ran.signal, ran.code), (Some(number), None), "{name}: {ran:?}");
            assert_eq!((traced.saved(), ran.stdout.as_str()), (saved, ""), "{name}");
            traced.assert_next_works(&name);
        }
    }
}

/// A shell that runs a job in the background ignores SIGINT for it, and `nohup` ignores SIGHUP. No
/// process below can change that for itself.
fn signals_where_the_caller_ignores_them() {
    let this = std::env::current_exe().expect("this program");
    let script = "trap '' INT TERM HUP; exec \"$0\" --exact crash::signals::signals";
    let ran = run(program("sh").args(["-c", script]).arg(this));
    assert!(ran.code(0).stdout.contains("1 passed"), "{ran:#?}");
}

/// One that went on would hold the output of the tests, and a pipe behind them would wait for it.
fn a_failing_test_leaves_no_process_behind() {
    let failed = catch_unwind(|| {
        let mut process = Background::start(&mut program("cat"));
        assert!(process.is_running());
        let failure: Box<u32> = Box::new(process.id());
        std::panic::resume_unwind(failure);
    });
    let process = failed.map(drop).expect_err("it fails").downcast::<u32>().expect("its number");
    let alive = run(program("sh").args(["-c", &format!("kill -0 {process}")]));
    assert!(alive.code != Some(0), "process {process} goes on");
}
