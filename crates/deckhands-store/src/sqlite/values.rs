//! How our values stand in columns.

use std::str::FromStr;
use std::time::Duration;

use deckhands_model::{AttemptNumber, Priority};
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::lease::LeaseTerm;

/// A time, as nanoseconds since 1970. Times that do not fit are the largest or smallest there is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct At(pub(super) Timestamp);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let nanos = self.0.as_nanosecond();
        let bound = if nanos < 0 { i64::MIN } else { i64::MAX };
        Ok(i64::try_from(nanos).unwrap_or(bound).into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let time = match i64::column_result(value)? {
            i64::MAX => Timestamp::MAX,
            i64::MIN => Timestamp::MIN,
            nanos => Timestamp::from_nanosecond(nanos.into()).map_err(FromSqlError::other)?,
        };
        Ok(Self(time))
    }
}

/// How long a lease holds, as nanoseconds. One that does not fit is the longest there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term(pub(super) LeaseTerm);

impl ToSql for Term {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let nanos = self.0.0.as_nanos();
        Ok(i64::try_from(nanos).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Term {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let term = match i64::column_result(value)? {
            i64::MAX => Duration::MAX,
            nanos => Duration::from_nanos(nanos.try_into().map_err(FromSqlError::other)?),
        };
        Ok(Self(LeaseTerm(term)))
    }
}

/// A document.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<&T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(self.0);
        let text = text.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = serde_json::from_str(value.as_str()?);
        parsed.map(Self).map_err(FromSqlError::other)
    }
}

/// A value of an enum that serde writes as one word.
pub(super) struct Word<T>(pub(super) T);

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let word = serde_json::to_value(&self.0);
        let word = word.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        match word {
            Value::String(word) => Ok(word.into()),
            _ => Err(rusqlite::Error::ToSqlConversionFailure("no word".into())),
        }
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = Value::from(value.as_str()?);
        let parsed = serde_json::from_value(text);
        parsed.map(Self).map_err(FromSqlError::other)
    }
}

/// An identity, as its text.
pub(super) struct Name<T>(pub(super) T);

impl<T: ToString> ToSql for Name<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T> FromSql for Name<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = value.as_str()?.parse();
        parsed.map(Self).map_err(FromSqlError::other)
    }
}

/// A whole number that is not negative. What does not fit a column is the largest that does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Whole(pub(super) u64);

impl ToSql for Whole {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Whole {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = i64::column_result(value)?;
        let whole = u64::try_from(number).map(Self);
        whole.map_err(FromSqlError::other)
    }
}

/// The number of an attempt.
pub(super) struct Nth(pub(super) AttemptNumber);

impl FromSql for Nth {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = i64::column_result(value)?.to_string().parse();
        parsed.map(Self).map_err(FromSqlError::other)
    }
}

/// How urgent a task is, as its number.
pub(super) struct Urgency(pub(super) Priority);

impl Urgency {
    /// Every priority, the most urgent first.
    pub(super) const ALL: [Priority; 4] = [
        Priority::Critical,
        Priority::High,
        Priority::Normal,
        Priority::Low,
    ];

    const fn number(&self) -> i64 {
        self.0 as i64
    }
}

impl ToSql for Urgency {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.number().into())
    }
}

impl FromSql for Urgency {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = i64::column_result(value)?;
        let mut all = Self::ALL.into_iter().map(Self);
        all.find(|urgency| urgency.number() == number)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}

/// The error for a stored text that no transition writes.
pub(super) fn unreadable(what: &str) -> rusqlite::Error {
    let why = format!("unreadable {what}");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, why.into())
}
