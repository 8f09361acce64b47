//! The faults, and what has to come of them.

use deckhands_testkit::{Dialect, EventForm, Mishap, Pace, Place, ProviderError, Reply, Usage};

use super::*;

/// Far less than a test may take.
const SHORT: SessionLimits = SessionLimits {
    answer: Duration::from_secs(1),
    ..QUICK
};

const SMALL: SessionLimits = SessionLimits {
    answer_bytes: 64 << 10,
    ..QUICK
};

/// The midnight at which the clock of these tests stands.
const MIDNIGHT: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

impl Row {
    /// A fault for which the route is to blame, and in whose place another route can serve.
    fn failed(name: &'static str, asked: Asked, step: Step) -> Self {
        Self {
            name,
            step,
            asked,
            bounds: QUICK,
            saw: Saw::Error(503),
            cause: Some(Cause::ProviderError),
            status: Some(200),
            tried: None,
            route: Counted::Failed,
            other: Other::Serves,
            // Its status is 200, or there is none: nobody can say how much of an answer there was.
            booked: Paid::Worst,
        }
    }

    /// An answer that the client has to read as it is.
    fn answer(name: &'static str, asked: Asked, step: Step) -> Self {
        Self {
            saw: Saw::Answer,
            cause: None,
            route: Counted::Good,
            other: Other::NotAsked,
            booked: Paid::Tokens,
            ..Self::failed(name, asked, step)
        }
    }

    /// A fault after the first content: two answers are never spliced.
    fn begun(name: &'static str, step: Step, saw: Saw, cause: Cause) -> Self {
        Self {
            saw,
            cause: Some(cause),
            other: Other::NotAsked,
            ..Self::failed(name, Asked::Streamed, step)
        }
    }

    /// An error of the provider's, by status: the same before any stream and before any document.
    fn refused(name: &'static str, error: ProviderError) -> Self {
        let step = Step::provider_error(Dialect::OpenRouter, error);
        Self {
            status: Some(error.status()),
            booked: Paid::Nothing,
            ..Self::failed(name, Asked::Either, step)
        }
    }

    fn cause(self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }

    fn saw(self, status: u16) -> Self {
        Self {
            saw: Saw::Error(status),
            ..self
        }
    }

    fn status(self, status: Option<u16>) -> Self {
        Self { status, ..self }
    }

    fn within(self, bounds: SessionLimits) -> Self {
        Self { bounds, ..self }
    }

    fn counted(self, route: Counted) -> Self {
        Self { route, ..self }
    }

    fn booked(self, booked: Paid) -> Self {
        Self { booked, ..self }
    }

    fn limited(self) -> Self {
        self.cause(Cause::RateLimited).counted(Counted::Limited)
    }

    /// The limit lasts longer than a call is held, so that nothing is left without another route.
    fn for_long(self) -> Self {
        Self {
            cause: Some(Cause::QuotaUntilReset),
            tried: Some(Cause::RateLimited),
            ..self.saw(402).counted(Counted::Limited)
        }
    }

    /// The request is at fault, and would be anywhere.
    fn everywhere(self) -> Self {
        Self {
            other: Other::NotAsked,
            ..self.counted(Counted::Nothing)
        }
    }
}

pub(super) fn refusals() -> Vec<Row> {
    use ProviderError as E;
    let mut in_body = Row::refused("reset in the body", E::QuotaUntil(90_000)).for_long();
    in_body.step = in_body.step.header("date", MIDNIGHT);
    vec![
        Row::refused("429, Retry-After", E::RateLimited(Some(30))).for_long(),
        Row::refused("429 alone", E::RateLimited(None)).limited(),
        Row::refused("429, time in words", E::RetryInBody(21)).for_long(),
        Row::refused("429, milliseconds", E::RetryAfterMs(21_500)).for_long(),
        in_body,
        Row::refused("401", E::BadKey)
            .cause(Cause::BadKey)
            .saw(401)
            .counted(Counted::Nothing),
        Row::refused("402", E::OutOfCredit)
            .cause(Cause::OutOfCredit)
            .saw(402)
            .counted(Counted::Nothing),
        Row::refused("404", E::NoEndpoint)
            .cause(Cause::BadModel)
            .saw(404)
            .counted(Counted::Nothing),
        Row::refused("500", E::Internal),
        Row::refused("502", E::BadGateway),
        Row::refused("503", E::Unavailable),
        // Somebody before the model did not wait for its answer.
        Row::refused("504", E::GatewayTimeout)
            .saw(504)
            .booked(Paid::Worst),
        Row::refused("529", E::Overloaded),
        Row::refused("context overflow", E::ContextWindow)
            .cause(Cause::ContextWindow)
            .saw(400)
            .everywhere(),
        Row::refused("moderation", E::Refused)
            .cause(Cause::ContentRefused)
            .saw(403)
            .everywhere(),
    ]
}

/// A stream of six parts with a little time between them, so that no part is lost in a reset.
fn parts() -> Step {
    Step::say("one two three four five six").streamed_as(EventForm {
        chunk_chars: 5,
        every: Some(Duration::from_millis(100)),
        ..EventForm::default()
    })
}

pub(super) fn broken() -> Vec<Row> {
    let lost = Cause::ProviderUnreachable;
    let mut rows = vec![
        Row::failed("no answer", Asked::Either, Step::new(Reply::Reset))
            .cause(lost)
            .status(None),
    ];
    for (name, by) in [("cut", Mishap::Cut), ("reset", Mishap::Reset)] {
        let at = |place| parts().broken(place, by);
        rows.extend([
            Row::failed(name, Asked::Whole, at(Place::Bytes(40))).cause(lost),
            Row::failed(name, Asked::Streamed, at(Place::Bytes(0))).cause(lost),
            Row::failed(name, Asked::Streamed, at(Place::Chunks(0))).cause(lost),
            Row::begun(name, at(Place::Chunks(2)), Saw::BrokenOff, lost),
        ]);
    }
    rows
}

pub(super) fn late() -> Vec<Row> {
    let late = |name, asked, step| {
        Row::failed(name, asked, step)
            .cause(Cause::ProviderTimeout)
            .saw(504)
            .within(SHORT)
    };
    let silent = |place| parts().broken(place, Mishap::Stall(None));
    let drip = Step::say("slowly").paced(Pace {
        bytes: 1,
        every: Duration::from_millis(50),
    });
    let short_pause = Mishap::Stall(Some(Duration::from_millis(300)));
    // Longer than the bound as a whole, never silent for so long.
    let steady = Step::say("one two three four five six seven eight").streamed_as(EventForm {
        chunk_chars: 2,
        every: Some(Duration::from_millis(100)),
        ..EventForm::default()
    });
    let short = SessionLimits {
        stream: Duration::from_millis(500),
        ..QUICK
    };
    vec![
        Row::begun(
            "no end",
            steady.clone(),
            Saw::BrokenOff,
            Cause::ProviderTimeout,
        )
        .within(short),
        late("silence", Asked::Either, Step::new(Reply::Hang(None))).status(None),
        late(
            "silence in a document",
            Asked::Whole,
            silent(Place::Bytes(40)),
        ),
        late(
            "silence before content",
            Asked::Streamed,
            silent(Place::Chunks(0)),
        ),
        Row::begun(
            "silence after content",
            silent(Place::Chunks(1)),
            Saw::BrokenOff,
            Cause::ProviderTimeout,
        )
        .within(SHORT),
        late("slow drip", Asked::Either, drip),
        Row::answer("steady", Asked::Streamed, steady).within(SHORT),
        Row::answer(
            "a pause",
            Asked::Streamed,
            parts().broken(Place::Chunks(3), short_pause),
        )
        .within(SHORT),
    ]
}

pub(super) fn no_answers() -> Vec<Row> {
    let page = Step::new(Reply::Raw("<html>busy</html>".to_owned()));
    let error = |code: u16| Step::new(Reply::ErrorIn200(json!({ "message": "m", "code": code })));
    let after = |error| Step::provider_error_after(Dialect::OpenRouter, error, 2);
    // Else all of it comes at once, and the client has had nothing when the error is there.
    let later = |error| {
        after(error).streamed_as(EventForm {
            every: Some(Duration::from_millis(100)),
            ..EventForm::default()
        })
    };
    let as_json = Step::say("events").header("content-type", "application/json");
    vec![
        Row::failed(
            "a page",
            Asked::Either,
            page.clone().header("content-type", "text/html"),
        ),
        Row::failed(
            "a page as events",
            Asked::Streamed,
            page.header("content-type", "text/event-stream"),
        )
        .cause(Cause::ProviderUnreachable),
        Row::failed("events as JSON", Asked::Streamed, as_json),
        Row::failed("no choice", Asked::Whole, Step::new(Reply::EmptyChoices)).booked(Paid::Tokens),
        Row::failed("error in 200", Asked::Either, error(502)).status(Some(502)),
        Row::failed("429 in 200", Asked::Either, error(429))
            .status(Some(429))
            .limited(),
        // A document tells its usage beside its error; a stream ends with it.
        Row::failed(
            "error with content",
            Asked::Whole,
            after(ProviderError::BadGateway),
        )
        .status(Some(502))
        .booked(Paid::Tokens),
        Row::failed(
            "error with content",
            Asked::Streamed,
            after(ProviderError::BadGateway),
        )
        .status(Some(502)),
        Row::begun(
            "error after content",
            later(ProviderError::BadGateway),
            Saw::ErrorInStream,
            Cause::ProviderError,
        )
        .status(Some(502)),
        Row::begun(
            "429 after content",
            later(ProviderError::RateLimited(None)),
            Saw::ErrorInStream,
            Cause::RateLimited,
        )
        .status(Some(429))
        .limited(),
    ]
}

pub(super) fn too_much() -> Vec<Row> {
    let comments = Step::say("too late").streamed_as(EventForm {
        keepalives: 20_000,
        ..EventForm::default()
    });
    vec![
        Row::failed("huge", Asked::Whole, Step::huge(1)).within(SMALL),
        Row::begun("huge", Step::huge(1), Saw::BrokenOff, Cause::ProviderError).within(SMALL),
        Row::failed("nothing but comments", Asked::Streamed, comments),
    ]
}

pub(super) fn odd() -> Vec<Row> {
    let wrong = json!({ "prompt_tokens": "many", "completion_tokens": -3, "cost": "free" });
    let broken_call = Reply::BrokenCall {
        tool: "execute_bash".to_owned(),
        arguments: "{oops".to_owned(),
    };
    let unstreamed = EventForm {
        unstreamed: true,
        ..EventForm::default()
    };
    let answer = |name, step| Row::answer(name, Asked::Either, step);
    let priced = Usage {
        cost: Some(0.002_500_001),
        ..Usage::default()
    };
    // A fraction of a nanodollar counts as a whole one.
    let finer = json!({ "prompt_tokens": 1, "completion_tokens": 1, "cost": 0.000_000_000_1 });
    let no_output = json!({ "prompt_tokens": 700 });
    let told = |usage| Step::say("told").wrong_usage(WrongUsage::Value(usage));
    vec![
        answer("the provider's cost", Step::say("told").usage(priced))
            .booked(Paid::Figure(2_500_001)),
        answer("a cost below all", told(finer)).booked(Paid::Figure(1)),
        answer("half of the tokens", told(no_output)).booked(Paid::Worst),
        answer(
            "no usage",
            Step::say("untold").wrong_usage(WrongUsage::Absent),
        )
        .booked(Paid::Worst),
        answer("wrong usage", told(wrong)).booked(Paid::Worst),
        answer("malformed tool call", Step::new(broken_call)),
        answer("refusal", Step::new(Reply::Refusal("no".to_owned()))),
        answer("filtered", Step::new(Reply::Filtered("cut".to_owned()))),
        answer("cut short", Step::say("long").ended_by("length")),
        Row::answer(
            "a document for a stream",
            Asked::Streamed,
            Step::say("whole").streamed_as(unstreamed),
        ),
    ]
}
