//! How a lane ends.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::RecvTimeoutError;
use std::task::{Context, Waker};

use super::super::READS;
use super::*;

/// Longer than anything here takes, shorter than a lane waits for its connections.
const SOON: Duration = Duration::from_secs(3);

fn lane() -> Lane {
    let connections = vec![Connection::open_in_memory().unwrap()];
    Lane::start("test", READS, connections).unwrap()
}

fn poll(call: impl Future<Output = StoreResult<()>>, then: impl FnOnce()) {
    let mut call = pin!(call);
    let _polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    then();
}

/// Keeps the lane's thread at a job, as a disk does that does not answer, until the result is dropped.
fn held_up(lane: &Lane) -> Sender<Infallible> {
    let (begun, has_begun) = channel();
    let (disk, answer) = channel::<Infallible>();
    let answer = Mutex::new(answer);
    let job = lane.run(move |_tx| {
        let _asker = begun.send(());
        let _cut_off = answer.lock().unwrap().recv();
        Ok(())
    });
    poll(job, || has_begun.recv_timeout(SOON).unwrap());
    disk
}

#[test]
fn a_disk_that_does_not_answer_holds_nobody_up_for_ever() {
    let mut lane = lane();
    lane.closing = Duration::from_millis(20);
    let disk = held_up(&lane);
    drop(lane);
    // Reached although the thread still waits.
    drop(disk);
}

#[test]
fn a_lane_whose_last_holder_is_its_own_thread_ends() {
    // In this order: what the thread drops last tells that it got so far.
    struct Held(Arc<Lane>, Sender<Infallible>);
    let lane = Arc::new(lane());
    let disk = held_up(&lane);
    let (open, closed) = channel();
    let held = Held(Arc::clone(&lane), open);
    let job = lane.run(move |_tx| {
        let Held(_lane, _open) = &held;
        Ok(())
    });
    poll(job, || ());
    drop(lane);
    drop(disk);
    let told = closed.recv_timeout(SOON);
    assert_eq!(told, Err(RecvTimeoutError::Disconnected));
}
