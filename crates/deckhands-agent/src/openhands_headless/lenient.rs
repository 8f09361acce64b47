//! Reads JSON of which only the shape we know is taken, and everything else is passed over.
//!
//! A value of another type than expected is "not given", never an error, and what is not asked
//! for is skipped without being held in memory. Only text that is no JSON is an error.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// A value of a known shape, or the shape's default where the JSON holds something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Lenient<T>(pub(super) T);

/// What to take from the forms that a JSON value can have. Each default takes nothing.
pub(super) trait Shape: Default {
    /// From a text.
    fn text(_text: &str) -> Self {
        Self::default()
    }

    /// From a whole number.
    fn whole(_number: i64) -> Self {
        Self::default()
    }

    /// From any number.
    fn real(_number: f64) -> Self {
        Self::default()
    }

    /// From true or false.
    fn truth(_given: bool) -> Self {
        Self::default()
    }

    /// From an object, which must be read to its end.
    fn object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// A nested object.
#[derive(Default)]
struct Object<T>(T);

/// Reads a nested object, or nothing where the JSON holds something else; for `deserialize_with`.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Lenient::<Object<T>>::deserialize(deserializer).map(|lenient| lenient.0.0)
}

impl<T: DeserializeOwned + Default> Shape for Object<T> {
    fn object<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Self)
    }
}

impl Shape for Option<String> {
    fn text(text: &str) -> Self {
        Some(text.to_owned())
    }
}

impl Shape for Option<i64> {
    fn whole(number: i64) -> Self {
        Some(number)
    }

    fn text(text: &str) -> Self {
        text.trim().parse().ok()
    }
}

impl Shape for Option<f64> {
    fn whole(number: i64) -> Self {
        i32::try_from(number).ok().map(f64::from)
    }

    fn real(number: f64) -> Self {
        number.is_finite().then_some(number)
    }
}

impl Shape for Option<bool> {
    fn truth(given: bool) -> Self {
        Some(given)
    }
}

/// A leaf of the tree.
pub(super) type Leaf<T> = Lenient<Option<T>>;

struct LeafVisitor<T>(PhantomData<T>);

impl<'de, T: Shape> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(LeafVisitor(PhantomData))
            .map(Self)
    }
}

impl<'de, T: Shape> Visitor<'de> for LeafVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(T::whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(i64::try_from(number).map_or_else(|_too_large| T::default(), T::whole))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Ok(T::real(number))
    }

    fn visit_bool<E: Error>(self, given: bool) -> Result<T, E> {
        Ok(T::truth(given))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::object(map)
    }
}
