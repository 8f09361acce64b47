//! What of a message counts when two are compared: its words and calls, or its calls alone, but never
//! its ids and marks.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::hash_of;

/// How a call begins in OpenHands' text form. No client of ours escapes these characters in JSON.
const TEXT_CALL: &str = "<function=";

/// What OpenHands 0.59 says of a command that has printed nothing for 10 s and goes on.
const STILL_AT_WORK: &str = "has no new output after";

/// One message of a conversation, as far as it is looked at.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function_call: Option<&'a RawValue>,
}

/// Two hashes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Print {
    /// Of all its words and calls.
    pub(super) whole: u64,
    /// Of what it does: of its calls, where it makes any, else of everything.
    pub(super) act: u64,
}

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Speaker {
    /// The model.
    Assistant,
    /// The user, or a result in text form.
    User,
    /// A tool's result, or what else there may be.
    Other,
}

/// A part of a content that is a list. Marks for a provider's cache move with each request.
#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    image_url: Option<&'a RawValue>,
}

/// A native call; its id is another each time.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    function: Option<&'a RawValue>,
}

impl Message<'_> {
    /// Who speaks.
    pub(super) fn speaker(&self) -> Speaker {
        match self.role.as_ref() {
            "assistant" => Speaker::Assistant,
            "user" => Speaker::User,
            _ => Speaker::Other,
        }
    }

    /// What it is told apart by.
    pub(super) fn print(&self) -> Print {
        let mut texts = DefaultHasher::new();
        self.role.hash(&mut texts);
        self.each_text(|text| text.hash(&mut texts));
        let assistant = self.speaker() == Speaker::Assistant;
        let native = self.native_call().filter(|_| assistant);
        let whole = hash_of((texts.finish(), native));
        let call = native.or_else(|| self.text_call().filter(|_| assistant));
        Print {
            whole,
            act: call.map_or(whole, |call| hash_of(("a call", call))),
        }
    }

    /// Whether it is the result of a command that is still at work.
    pub(super) fn says_wait(&self) -> bool {
        let mut wait = false;
        self.each_text(|text| wait |= text.contains(STILL_AT_WORK));
        wait
    }

    /// The hash of the native calls.
    fn native_call(&self) -> Option<u64> {
        let mut calls = 0;
        let mut hash = DefaultHasher::new();
        if let Some(list) = self.tool_calls {
            each(list, |call: Call<'_>| {
                call.function.map(RawValue::get).hash(&mut hash);
                calls += 1;
            });
        }
        if let Some(call) = self.function_call {
            call.get().hash(&mut hash);
            calls += 1;
        }
        (calls > 0).then(|| hash.finish())
    }

    /// The hash of the first call in text form and all that follows it.
    fn text_call(&self) -> Option<u64> {
        let mut found: Option<DefaultHasher> = None;
        self.each_text(|text| match &mut found {
            Some(call) => text.hash(call),
            None => {
                if let Some(begin) = text.find(TEXT_CALL) {
                    text[begin..].hash(found.insert(DefaultHasher::new()));
                }
            }
        });
        found.map(|call| call.finish())
    }

    /// Each text of the content, as it stands in the JSON.
    fn each_text(&self, mut see: impl FnMut(&str)) {
        let Some(content) = self.content else { return };
        if !content.get().starts_with('[') {
            return see(content.get());
        }
        let known = each(content, |piece: Piece<'_>| {
            let text = piece.text.or(piece.image_url);
            see(text.map_or("", RawValue::get));
        });
        if !known {
            see(content.get());
        }
    }
}

/// Hands out the items of a list one by one, so that a list of any length is never kept. False if it is
/// no list of such items; those before the first other one were handed out.
pub(super) fn each<'a, T: Deserialize<'a>>(list: &'a RawValue, see: impl FnMut(T)) -> bool {
    let items = Items {
        see,
        kind: PhantomData,
    };
    Deserializer::deserialize_seq(list, items).is_ok()
}

struct Items<T, F> {
    see: F,
    kind: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Items<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element()? {
            (self.see)(item);
        }
        Ok(())
    }
}
