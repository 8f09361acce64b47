//! Plays a started container's script, one step after the other, until its end.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;

use super::container::{End, FakeContainer};
use super::files::{self, FileFault};
use super::script::{Action, Script, Sibling};
use super::world::{Playing, World};
use crate::containers::{OutputChunk, OutputSource};
use crate::spec::ContainerName;

/// Lets a started container play its script in a task that the world owns.
pub(super) fn begin(world: &Arc<Mutex<World>>, playing: Playing) {
    let player = Player {
        world: Arc::downgrade(world),
        container: playing.container,
    };
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    world.collect_panics();
    world.players.spawn(player.play(playing.script));
}

struct Player {
    /// Weak, since the world owns the task.
    world: Weak<Mutex<World>>,
    container: Arc<FakeContainer>,
}

impl Player {
    async fn play(self, script: Script) {
        for step in script.steps {
            tokio::select! {
                () = tokio::time::sleep(step.after) => {}
                () = self.container.ended() => return,
            }
            // A paused container takes its next step when it goes on.
            if !self.container.runs().await {
                return;
            }
            self.act(step.action).await;
        }
        if self.container.runs().await {
            let name = &self.container.spec.name;
            self.fault(format!(
                "the script of container `{name}` ran out without an end"
            ));
        }
    }

    async fn act(&self, action: Action) {
        let spec = &self.container.spec;
        match action {
            Action::Output(source, bytes) => self.put_out(source, bytes),
            Action::PrintEnv(key) => self.print_env(&key),
            Action::WriteFile { path, bytes } => {
                self.after_file(&path, files::write(spec, &path, &bytes));
            }
            Action::RemoveFile { path } => self.after_file(&path, files::remove(spec, &path)),
            Action::Sibling(make) => self.create_sibling(make(spec)),
            Action::Call(code) => code(spec),
            Action::Processes(count) => self.container.set_processes(count),
            Action::Exit(code) => self.container.end(End::Exited(code)),
            Action::OutOfMemory => self.container.end(End::OutOfMemory),
            Action::Hang => self.container.ended().await,
        }
    }

    fn put_out(&self, source: OutputSource, bytes: Bytes) {
        let at = self
            .with_world(|world| world.made_at.elapsed())
            .unwrap_or_default();
        self.container.put_out(at, OutputChunk { source, bytes });
    }

    fn print_env(&self, key: &str) {
        match self.container.spec.env.iter().find(|(name, _)| name == key) {
            Some((_, value)) => {
                self.put_out(
                    OutputSource::Stdout,
                    Bytes::from(format!("{}\n", value.expose())),
                );
            }
            None => self.container.end(End::Exited(1)),
        }
    }

    fn after_file(&self, path: &str, result: Result<(), FileFault>) {
        match result {
            Ok(()) => {}
            Err(FileFault::Refused(complaint)) => {
                self.put_out(OutputSource::Stderr, Bytes::from(format!("{complaint}\n")));
                self.container.end(End::Exited(1));
            }
            Err(FileFault::NotMounted) => {
                let name = &self.container.spec.name;
                self.fault(format!("no mount of container `{name}` shows `{path}`"));
            }
        }
    }

    fn create_sibling(&self, sibling: Sibling) {
        let mut spec = self.container.spec.clone();
        spec.name = ContainerName(sibling.name);
        spec.labels = sibling.labels;
        let image = self.container.image.clone();
        let Some(world) = self.world.upgrade() else {
            return;
        };
        let added = self.with_world(|world| {
            let free = world.find(&spec.name.0).is_none();
            free.then(|| {
                world.add_container(
                    spec.clone(),
                    image,
                    sibling.published_addresses,
                    sibling.script,
                )
            })
        });
        match added.flatten() {
            Some(playing) => {
                playing.container.start();
                begin(&world, playing);
            }
            None => self.fault(format!("the name of the sibling `{}` is taken", spec.name)),
        }
    }

    /// The test's script is wrong: the container ends, and everybody who looks is told.
    fn fault(&self, fault: String) {
        tracing::error!(fault, "a fake container's script is at fault");
        self.with_world(|world| world.problems.push(fault.clone()));
        self.container.end(End::Fault(fault));
    }

    fn with_world<T>(&self, change: impl FnOnce(&mut World) -> T) -> Option<T> {
        let world = self.world.upgrade()?;
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        Some(change(&mut world))
    }
}
