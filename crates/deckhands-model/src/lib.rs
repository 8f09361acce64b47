//! The words of Deckhands as validated data: what a task, an attempt, an outcome or a verdict is.
//!
//! No I/O, no async runtime, no clock. Whoever holds a value of these types need not check it
//! again: constructors refuse nonsense with a precise reason.
//!
//! ```
//! use deckhands_model::{Cause, ErrorType, ModelId};
//!
//! let model = ModelId::resolve("deepseek-v3").unwrap();
//! assert_eq!(model.as_str(), "openrouter/deepseek/deepseek-chat-v3.1:free");
//! assert_eq!(Cause::BadKey.error_type(), ErrorType::Authentication);
//! ```

mod id;
mod secret_hash;
mod text;

mod model_id;
mod size;

mod money_level;
mod usd;

mod cause;
mod cause_docs;
mod error_type;

mod task;

mod call_record;
mod calls_report;
mod event;
mod gateway_fact;
mod outcome;
mod usage;

mod change;
mod finding_code;
mod inconclusive;
mod verdict;

mod image;
mod limits;
mod profile;

mod report;

pub use call_record::{CallRecord, TryRecord};
pub use calls_report::{CallLine, CallsReport, Distribution, ModelCalls};
pub use cause::{Cause, ExitCode};
pub use cause_docs::causes_markdown;
pub use change::{Change, ChangeKind};
pub use error_type::{ErrorType, FailureClass, Strategy, UnknownWord};
pub use event::{ActionKind, AgentEvent, AgentState, EventKind};
pub use finding_code::{FindingCode, JudgementStage};
pub use gateway_fact::{CallAccount, CallCost, CallFailure, CallFault, CostBy, GatewayFact, Try};
pub use id::{AttemptId, AttemptNumber, IdError, TaskId};
pub use image::{ImageDigest, ImageError, ImageRef};
pub use inconclusive::InconclusiveReason;
pub use limits::{Deadlines, Limits};
pub use model_id::{ALIASES, Alias, ModelId, ModelIdError};
pub use money_level::MoneyLevel;
pub use outcome::{Failure, Outcome};
pub use profile::{ModelWay, Network, Profile};
pub use report::{
    AttemptReport, ErrorReport, ImageReport, MoneyReport, REPORT_SCHEMA_VERSION, RunReport,
    Timings, Versions,
};
pub use secret_hash::{SecretHash, SecretHashError};
pub use size::{ByteSize, ByteSizeError};
pub use task::{Category, Complexity, Priority, TaskState};
pub use text::{TaskText, TaskTextError};
pub use usage::Usage;
pub use usd::{Usd, UsdError};
pub use verdict::{Finding, Severity, Verdict};
