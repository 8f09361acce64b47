//! A steady pace that waits for nobody.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use crate::Outcome;

/// Moments that are due one after the other, by a timer of the kernel: tokio's own go by whole
/// milliseconds, and here one may be due in each.
pub(crate) struct Pace {
    timer: AsyncFd<OwnedFd>,
    began: Instant,
    every: Duration,
    /// How many were told.
    told: u32,
}

impl Pace {
    /// The first moment is one step from now.
    pub(crate) fn start(every: Duration) -> Outcome<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(
            deprecated,
            reason = "what takes its place is unsafe; this descriptor is owned by what registers it"
        )]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        let step = Timespec {
            tv_sec: i64::try_from(every.as_secs())?,
            tv_nsec: every.subsec_nanos().into(),
        };
        let steps = Itimerspec {
            it_interval: step,
            it_value: step,
        };
        let began = Instant::now();
        timerfd_settime(timer.get_ref(), TimerfdTimerFlags::empty(), &steps)?;
        Ok(Self {
            timer,
            began,
            every,
            told: 0,
        })
    }

    /// Waits until a moment has come; all that have come since the last time, however late this is
    /// asked. Dropping the future loses none.
    pub(crate) async fn due(&mut self) -> Outcome<Vec<Instant>> {
        let come = loop {
            let mut ready = self.timer.readable().await?;
            let mut count = [0_u8; 8];
            let read = ready.try_io(|timer| {
                rustix::io::read(timer.get_ref(), &mut count).map_err(io::Error::from)
            });
            if let Ok(read) = read {
                let _eight = read?;
                ready.clear_ready();
                break u32::try_from(u64::from_ne_bytes(count))?;
            }
        };
        let from = self.told + 1;
        self.told += come;
        let moments = (from..=self.told).map(|step| self.began + self.every * step);
        Ok(moments.collect())
    }
}
