//! SIGINT and SIGTERM for what runs many tasks: the first stops, the second cancels, the third
//! leaves at once.

use std::sync::atomic::Ordering;

use deckhands_orchestration::engine::StopSignals;

use super::Watch;

/// A signal that asks for something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// To let what runs end or be paused.
    Stop,
    /// To cancel it.
    Cancel,
}

impl Watch {
    /// Passes the first two signals on and returns the exit code of the third one. `told` is called
    /// at each of the two.
    pub(crate) async fn third(mut self, stop: &StopSignals, told: impl Fn(Asked)) -> u8 {
        let code = self.next().await;
        self.signals.code.store(code, Ordering::Relaxed);
        told(Asked::Stop);
        stop.stop.cancel();
        self.next().await;
        told(Asked::Cancel);
        stop.cancel.cancel();
        self.next().await
    }
}
