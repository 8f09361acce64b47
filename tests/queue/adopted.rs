//! How soon a new engine has taken over what a killed one left running.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deckhands_orchestration::engine::{EngineSettings, StopSignals};
use deckhands_orchestration::{Clock, SystemClock};
use deckhands_runtime::Phase;
use deckhands_store::AttemptState;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::machine::Machine;
use crate::process::{cpu, milliseconds, peak_mebibytes};
use crate::{Outcome, agent, parts};

const LIVE: u32 = 500;

/// Longest time for either engine to have all of them.
const DEADLINE: Duration = Duration::from_secs(240);

/// Between two looks at what the first engine started, which take a while, and at how many the second
/// one has taken over.
const LOOKS: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(5)];

/// The machine's clock of a later time.
#[derive(Debug)]
struct Later(Duration);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.0
    }
}

/// Has one engine start all attempts and dropped, as a kill does; the time is that from the start of
/// another one to the moment when it follows the output of the last app. The leases have ended by then,
/// for its clock is that of a minute later: the 45 s for which it would find them held are not waited for.
pub(crate) async fn measure(dir: &Path) -> Outcome<Value> {
    let machine = Machine::new(dir, agent::hanging())?;
    machine.submit(LIVE.into()).await?;
    let all = usize::try_from(LIVE)?;
    let settings = EngineSettings {
        workers: all,
        ..EngineSettings::default()
    };
    let now: Arc<dyn Clock> = Arc::new(SystemClock);
    let first = parts::engine(
        &machine.store,
        machine.attempts(&now),
        now,
        settings.clone(),
    );
    let stop = StopSignals::default();
    tokio::select! {
        report = first.run(&stop) => return Err(format!("the first engine left: {report:?}").into()),
        started = until(LOOKS[0], || machine.running() == 2 * all) => started?,
    };
    drop(first);
    let later: Arc<dyn Clock> = Arc::new(Later(parts::lease().term.0 + Duration::from_secs(15)));
    let second = parts::engine(&machine.store, machine.attempts(&later), later, settings);
    let before = cpu()?;
    let took = tokio::select! {
        report = second.run(&stop) => return Err(format!("the second engine left: {report:?}").into()),
        took = until(LOOKS[1], || machine.daemon.read_again() >= all) => took?,
    };
    let used = cpu()?.saturating_sub(before);
    check(&machine).await?;
    Ok(json!({
        "took": milliseconds(took),
        "cpu": milliseconds(used),
        "peak": peak_mebibytes()?,
    }))
}

impl Machine {
    /// Containers that run.
    fn running(&self) -> usize {
        let live = self.daemon.fake.live();
        live.iter().filter(|c| c.phase == Phase::Running).count()
    }
}

/// Every attempt is the first one of its task, taken over once, and its containers are the ones that
/// were made first.
async fn check(machine: &Machine) -> Outcome<()> {
    let live = machine.store.live_attempts().await?;
    let adopted = |attempt: &&deckhands_store::AttemptRecord| {
        (attempt.number, attempt.adoptions) == (1, 1) && attempt.state == AttemptState::Running
    };
    let good = live.iter().filter(adopted).count();
    let (made, all) = (
        machine.daemon.fake.created_specs().len(),
        usize::try_from(LIVE)?,
    );
    if (good, live.len(), made) == (all, all, 2 * all) {
        return Ok(());
    }
    Err(format!(
        "{good} of {} live attempts adopted, {made} containers",
        live.len()
    )
    .into())
}

/// Looks until it is so, and says how long that took.
async fn until(look: Duration, is_so: impl Fn() -> bool) -> Outcome<Duration> {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > DEADLINE {
            return Err(format!("not so after {DEADLINE:?}").into());
        }
        sleep(look).await;
    }
    Ok(began.elapsed())
}
