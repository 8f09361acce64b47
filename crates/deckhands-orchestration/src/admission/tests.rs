//! The bounds hold over the mocked ports.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deckhands_runtime::test_util::{MockContainers, MockImages, MockNetworks};
use futures::future::join_all;
use tokio::time::{Instant, sleep};

use super::*;

#[derive(Debug, Default)]
struct Counter {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Counter {
    async fn occupied(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        sleep(Duration::from_secs(1)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A daemon that takes a second for each start.
struct Slow(Arc<Counter>);

#[async_trait]
impl Containers for Slow {
    async fn probe(&self) -> Result<RuntimeInfo, RuntimeError> {
        unused()
    }
    async fn create(&self, _: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        unused()
    }
    async fn attach(&self, _: &ContainerId) -> Result<OutputStream, RuntimeError> {
        unused()
    }
    async fn logs_since(&self, _: &ContainerId, _: i64) -> Result<OutputStream, RuntimeError> {
        unused()
    }
    async fn start(&self, _: &ContainerId) -> Result<(), RuntimeError> {
        self.0.occupied().await;
        Ok(())
    }
    async fn wait(&self, _: &ContainerId) -> Result<ExitStatus, RuntimeError> {
        unused()
    }
    async fn inspect(&self, _: &str) -> Result<ContainerState, RuntimeError> {
        unused()
    }
    async fn stats(&self, _: &ContainerId) -> Result<ContainerStats, RuntimeError> {
        unused()
    }
    async fn control(&self, _: &ContainerId, _: Control) -> Result<(), RuntimeError> {
        unused()
    }
    async fn get_archive(&self, _: &ContainerId, _: &str) -> Result<ByteStream, RuntimeError> {
        unused()
    }
    async fn remove(&self, _: &ContainerId) -> Result<Removal, RuntimeError> {
        unused()
    }
    async fn list(&self, _: &LabelSelector) -> Result<Vec<ContainerSummary>, RuntimeError> {
        unused()
    }
}

fn unused<T>() -> T {
    panic!("nobody asks for this here")
}

fn ports(containers: impl Containers, images: MockImages) -> Ports {
    let bounds = Admission {
        creates: 3,
        pulls: 1,
    };
    let ports = Ports {
        containers: Arc::new(containers),
        images: Arc::new(images),
        networks: Arc::new(MockNetworks::new()),
    };
    ports.admitting(bounds)
}

#[tokio::test(start_paused = true)]
async fn at_most_so_many_starts_are_under_way() {
    let counter = Arc::new(Counter::default());
    let ports = ports(Slow(counter.clone()), MockImages::new());
    let began = Instant::now();
    let starts = (0..10).map(|n| {
        let containers = ports.containers.clone();
        async move { containers.start(&ContainerId(format!("c{n}"))).await }
    });
    for started in join_all(starts).await {
        started.unwrap();
    }
    assert_eq!(counter.most.load(Ordering::SeqCst), 3);
    assert_eq!(began.elapsed(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn whoever_waited_for_the_same_image_does_not_pull_it_again() {
    let mut images = MockImages::new();
    let here = Arc::new(AtomicUsize::new(0));
    let seen = here.clone();
    images.expect_inspect().returning(move |_| {
        let info = ImageInfo {
            digest: format!("sha256:{}", "a".repeat(64)).parse().unwrap(),
            size: deckhands_model::ByteSize::bytes(1),
            repo_digests: Vec::new(),
        };
        Ok((seen.load(Ordering::SeqCst) > 0).then_some(info))
    });
    images.expect_pull().times(1).returning(move |_| {
        let here = here.clone();
        let stream = futures::stream::once(async move {
            sleep(Duration::from_secs(5)).await;
            here.fetch_add(1, Ordering::SeqCst);
            Ok(deckhands_runtime::PullProgress {
                done: deckhands_model::ByteSize::bytes(1),
                total: deckhands_model::ByteSize::bytes(1),
            })
        });
        Ok(stream.boxed())
    });
    let ports = ports(MockContainers::new(), images);
    let image: ImageRef = "registry.example/app:1".parse().unwrap();
    let pulls = (0..3).map(|_| async {
        let mut stream = ports.images.pull(&image).await.unwrap();
        let mut steps = 0;
        while let Some(step) = stream.next().await {
            step.unwrap();
            steps += 1;
        }
        steps
    });
    let mut steps = join_all(pulls).await;
    steps.sort_unstable();
    assert_eq!(steps, [0, 0, 1]);
}
