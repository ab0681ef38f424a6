//! How an attempt ended, and what that means: for the host, and for the call.
//!
//! This file is the outcome table. Which answer is which of them is said by [`refusal`](crate::refusal) and
//! [`openai::refusal`](crate::openai::refusal). [`Host::observe`](crate::host::Host::observe) draws the consequences for the
//! host, [`Plan::settle`](crate::plan::Plan::settle) those for the call.

use std::ops::Range;
use std::time::Duration;

use crate::fault::Fault;
use crate::item_index::shift;
use crate::transport::{HostReply, TransportError};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// 2xx with a valid body. A success.
    Served,
    /// 400, 413, 422: the request is wrong. A success for the host; no other host is asked.
    BadInput(Fault),
    /// 413 because of the number of items or bytes. A success; the slice may be cut, or another host takes it.
    TooLarge(Fault),
    /// 404 with a model's code, or 503 because of the model alone. A success; another host may have it.
    ModelMissing(Fault),
    /// 503 `model_loading`: this call may come back, others needn't stay away.
    ModelLoading { pause: Duration, fault: Fault },
    /// 404 or 405 about the route: the address leads to something else. Another host is asked.
    WrongServer(Fault),
    /// 401, 403. Neutral; another host is asked.
    Unauthorized(Fault),
    /// 429, 503. Neutral; the host is left alone for a while and another is asked.
    Overloaded { pause: Duration, draining: bool, fault: Fault },
    /// Everything else. A failure; another host is asked, within the retry budget.
    Failed(Fault),
    /// The deadline passed or the caller went away. Says nothing about the host.
    Abandoned,
}

impl Outcome {
    /// The word in logs and metrics.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::BadInput(_) => "bad_input",
            Self::TooLarge(_) => "too_large",
            Self::ModelMissing(_) => "model_missing",
            Self::ModelLoading { .. } => "model_loading",
            Self::WrongServer(_) => "wrong_server",
            Self::Unauthorized(_) => "unauthorized",
            Self::Overloaded { draining: true, .. } => "draining",
            Self::Overloaded { .. } => "overloaded",
            Self::Failed(_) => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether no other host would be asked.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::BadInput(_) | Self::TooLarge(_) | Self::Abandoned)
    }

    /// What went wrong, unless nothing did.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Served | Self::Abandoned => None,
            Self::BadInput(fault)
            | Self::TooLarge(fault)
            | Self::ModelMissing(fault)
            | Self::ModelLoading { fault, .. }
            | Self::WrongServer(fault)
            | Self::Unauthorized(fault)
            | Self::Overloaded { fault, .. }
            | Self::Failed(fault) => Some(fault),
        }
    }

    /// What went wrong with the host rather than with the request or a model.
    pub(crate) fn fault_of_host(&self) -> Option<&Fault> {
        match self {
            Self::BadInput(_) | Self::TooLarge(_) => None,
            Self::ModelMissing(_) | Self::ModelLoading { .. } => None,
            _ => self.fault(),
        }
    }

    /// The same, of these items of a call that has more. Where it names items, it means those of the
    /// slice; what was too much for a host is the slice, at least.
    pub(crate) fn in_slice(self, list: &str, items: &Range<usize>) -> Self {
        let moved = |fault: Fault| Fault { message: shift(&fault.message, items.start), ..fault };
        match self {
            Self::BadInput(fault) => Self::BadInput(moved(fault)),
            Self::TooLarge(fault) => Self::TooLarge(moved(fault).of(list, items)),
            Self::Failed(fault) => Self::Failed(moved(fault).of(list, items)),
            other => other,
        }
    }

    /// No answer came.
    pub(crate) fn of_transport(error: &TransportError) -> Self {
        Self::Failed(Fault::new(error.code(), None, error.to_string()))
    }

    /// A 2xx that is no answer to what was asked.
    pub(crate) fn no_answer(reply: &HostReply, reason: &str) -> Self {
        Self::Failed(Fault::bad_response(reply.status, format!("the answer is no good: {reason}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_with_a_slice_names_its_items_in_the_call() {
        let fault = || Fault::new("x", Some(500), "status 500: No.");
        let message = |outcome: Outcome, items: Range<usize>| {
            outcome.in_slice("texts", &items).fault().unwrap().message.clone()
        };
        assert_eq!(message(Outcome::Failed(fault()), 8..64), "status 500: No (`texts[8]` to `[63]`)");
        assert_eq!(message(Outcome::TooLarge(fault()), 8..9), "status 500: No (`texts[8]`)");
        let named = Fault::new("non_finite_output", Some(500), "status 500: Nothing for `texts[3]`.");
        assert_eq!(
            message(Outcome::Failed(named), 8..64),
            "status 500: Nothing for `texts[11]` (`texts[8]` to `[63]`)"
        );
        let busy = Outcome::Overloaded { pause: Duration::ZERO, draining: false, fault: fault() };
        assert_eq!(message(busy, 8..9), "status 500: No.", "it would have been so for others as well");
    }
}
