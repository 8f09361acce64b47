//! The way out is opened again at the same place, for the same keys and no others.

use std::fs;
use std::sync::{Arc, Mutex};

use deckhands_model::{ModelId, SecretHash};
use serde_json::Value;

use super::{adoptable, adopted, dies_after, machine, place, working};
use crate::support::{Answers, GOOD, Provider, World, ask_api, secs};

/// What the app got of the remote-runtime API.
type Asked = Arc<Mutex<Vec<u16>>>;

/// Calls its model and the API after 11.2 s and after 41.2 s, and is done then.
fn calling(answers: &Answers, asked: &Asked, provider: &Provider) -> World {
    let call = |answers: &Answers, asked: &Asked| {
        let (answers, asked) = (answers.clone(), asked.clone());
        move |spec: &deckhands_runtime::ContainerSpec| {
            answers.call(spec, 1, None);
            let (spec, asked) = (spec.clone(), asked.clone());
            answers.beside(async move {
                let status = ask_api(&spec).await.unwrap();
                asked.lock().unwrap().push(status);
            });
        }
    };
    let app = working()
        .does(call(answers, asked))
        .after(secs(30))
        .does(call(answers, asked))
        .after(secs(20))
        .finishes("done");
    machine(app).asking(|request| {
        request.model = ModelId::resolve("openai/m").unwrap();
        request.base_url = Some(provider.url());
    })
}

#[tokio::test(start_paused = true)]
async fn the_app_s_own_keys_open_it_again() {
    let (answers, asked) = (Answers::default(), Asked::default());
    let provider = Provider::answers(2, 200, GOOD);
    let world = calling(&answers, &asked, &provider);
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    assert_eq!(answers.statuses(), [200]);
    let result = adopted(&world, &order).await;
    assert!(result.report.applied, "{:?}", result.report);
    assert_eq!(answers.statuses(), [200, 200]);
    assert_eq!(
        *asked.lock().unwrap(),
        [404, 404],
        "known, and no such session"
    );
    assert_eq!(provider.calls().len(), 2);
}

/// Replaces the hash of a key in what was kept.
fn falsify(world: &World, order: &deckhands_orchestration::AttemptOrder, key: &str) {
    let path = place(world, order).join("adoption/made.json");
    let mut made: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let other = SecretHash::of("another-secret-0123456789").to_string();
    let place = if key == "token" {
        "/keys/token"
    } else {
        "/keys/api/runtime"
    };
    *made.pointer_mut(place).unwrap() = Value::from(other);
    fs::write(path, made.to_string()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_hash_is_another_s_is_refused() {
    let rows = [("token", 401, 404, 1), ("runtime", 200, 403, 2)];
    for (key, model, api, calls) in rows {
        let (answers, asked) = (Answers::default(), Asked::default());
        let provider = Provider::answers(2, 200, GOOD);
        let world = calling(&answers, &asked, &provider);
        let order = adoptable(&world);
        dies_after(&world, &order, 20_000).await;
        falsify(&world, &order, key);
        adopted(&world, &order).await;
        assert_eq!(answers.statuses(), [200, model], "{key}");
        assert_eq!(*asked.lock().unwrap(), [404, api], "{key}");
        assert_eq!(provider.calls().len(), calls, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_key_of_ours_is_kept() {
    let world = machine(working().hangs());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let app = &world.runtime.created_specs()[0];
    let names = ["LLM_API_KEY", "SANDBOX_API_KEY"];
    let secrets = app
        .env
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()));
    let secrets: Vec<_> = secrets.map(|(_, value)| value.expose()).collect();
    assert_eq!(secrets.len(), 2);
    let mut pending = vec![place(&world, &order)];
    let mut files = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let items = fs::read_dir(path).unwrap();
            pending.extend(items.map(|item| item.unwrap().path()));
        } else if path.is_file() {
            files += 1;
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            for secret in secrets.iter().chain([&crate::support::KEY]) {
                assert!(!text.contains(secret), "{}", path.display());
            }
        }
    }
    assert!(files > 5, "{files}");
}
