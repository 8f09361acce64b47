//! The merge against a naive model, and what a project may not set.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn origin(layer: usize) -> Origin {
    Origin::Flag {
        name: format!("layer {layer}"),
    }
}

fn layer(number: usize, trust: Trust, keys: &[Key]) -> Layer {
    let mut layer = Layer::new(trust, PathBuf::from("/"));
    for key in keys {
        let value = RawValue::Text(format!("{number} {}", key.name()));
        layer.values.insert(
            *key,
            Raw {
                value,
                origin: origin(number),
            },
        );
    }
    layer
}

fn keys() -> Vec<Key> {
    Key::all().map(|entry| entry.key).collect()
}

fn any_layers() -> impl Strategy<Value = Vec<(bool, Vec<Key>)>> {
    vec(
        (
            any::<bool>(),
            proptest::sample::subsequence(keys(), 0..=keys().len()),
        ),
        0..6,
    )
}

fn open_keys(trusted: bool, keys: Vec<Key>) -> Vec<Key> {
    let may = |key: &Key| trusted || key.entry().setter == Setter::Anyone;
    keys.into_iter().filter(may).collect()
}

proptest! {
    #[test]
    fn the_last_layer_that_sets_a_key_wins_with_its_origin(layers in any_layers()) {
        let layers: Vec<_> = layers
            .into_iter()
            .map(|(trusted, keys)| (trusted, open_keys(trusted, keys)))
            .collect();
        let built = layers.iter().enumerate().map(|(number, (trusted, keys))| {
            layer(number, if *trusted { Trust::Trusted } else { Trust::Project }, keys)
        });
        let Ok(stack) = Stack::new(built.collect()) else {
            return Err(TestCaseError::fail("a layer with allowed keys was refused"));
        };
        for key in keys() {
            let last = |only_trusted: bool| layers.iter().rposition(|(trusted, keys)| {
                keys.contains(&key) && (*trusted || !only_trusted)
            });
            for (expected, winner) in
                [(last(false), stack.winner(key)), (last(true), stack.trusted_winner(key))]
            {
                prop_assert_eq!(winner.map(|winner| winner.rank), expected);
                let Some((winner, number)) = winner.zip(expected) else { continue };
                prop_assert_eq!(&winner.raw.origin, &origin(number));
                let text = RawValue::Text(format!("{number} {}", key.name()));
                prop_assert!(winner.raw.value == text);
            }
        }
    }

    #[test]
    fn a_project_layer_with_a_users_key_is_refused(
        own in proptest::sample::subsequence(keys(), 1..6),
        above in proptest::sample::subsequence(keys(), 0..keys().len()),
    ) {
        let forbidden = own.iter().any(|key| key.entry().setter == Setter::User);
        // That a later layer wins makes no difference.
        let layers = vec![layer(0, Trust::Project, &own), layer(1, Trust::Trusted, &above)];
        prop_assert_eq!(Stack::new(layers).is_err(), forbidden);
    }
}
