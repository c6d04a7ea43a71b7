//! The one error type. Its variant says who is to blame.

use std::fmt;

use crate::location::Location;
use crate::program::Party;

/// What went wrong, by who is to blame.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The author of the program: a shape, a type, an operation that cannot be lowered.
    #[error("{0}")]
    Program(Box<Diagnostic>),
    /// A peer, or the way to it.
    #[error("{0}")]
    Peer(Box<PeerError>),
    /// The configuration.
    #[error("{0}")]
    Configuration(Box<ConfigurationError>),
    /// The data.
    #[error("{0}")]
    Data(Box<DataError>),
}

impl fmt::Debug for Error {
    /// As `Display`: this is what a user reads whose `main` gives back an error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A message with labelled source lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// One line: what is wrong, with both operands' shapes or types.
    pub message: String,
    /// The operation first, then its operands and where they came from.
    pub labels: Vec<Label>,
}

/// One place of a [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What stands there: `here`, `fxp[secret][2, 4]`, `parameter x: …`.
    pub text: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        self.labels.iter().try_for_each(|label| write!(f, "\n  --> {}: {}", label.location, label.text))
    }
}

/// What a peer did, or failed to do.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerError {
    /// Who.
    pub party: Party,
    /// The operation under way, as its name and source line, where known.
    pub operation: Option<(String, Location)>,
    /// What happened.
    pub fault: PeerFault,
}

/// The ways in which a peer can fail.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerFault {
    /// No connection within the time-out.
    #[error("could not be reached at {address} within {seconds} s: {cause}")]
    Unreachable {
        /// Where it should have been.
        address: String,
        /// The connect time-out in seconds.
        seconds: f64,
        /// The last attempt's failure.
        cause: String,
    },
    /// The link ended.
    #[error("closed the connection")]
    Closed,
    /// Nothing came within the deadline.
    #[error("sent nothing for {seconds} s")]
    Silent {
        /// The deadline in seconds.
        seconds: f64,
    },
    /// A frame that the plan does not have at this place.
    #[error("sent a malformed frame: expected {expected}, found {found}")]
    Malformed {
        /// What the plan or the format says.
        expected: String,
        /// What came.
        found: String,
    },
    /// The parties do not agree on what to run.
    #[error("disagrees on {subject}: here {here}, there {there}")]
    Disagrees {
        /// Version, ring, fraction bits, key policy, program, public inputs.
        subject: &'static str,
        /// This party's.
        here: String,
        /// The peer's.
        there: String,
    },
    /// It gave up, for this reason.
    #[error("stopped: {reason}")]
    Stopped {
        /// Its own words.
        reason: String,
    },
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.party, self.fault)?;
        match &self.operation {
            Some((name, Location::UNKNOWN)) => write!(f, " (during `{name}`)"),
            Some((name, location)) => write!(f, " (during `{name}` at {location})"),
            None => Ok(()),
        }
    }
}

/// A configuration that cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationError {
    /// Which setting.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

/// Data that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// The tensor or the file.
    pub source: String,
    /// Where in it, if one place is at fault.
    pub index: Option<Vec<usize>>,
    /// What was expected and what was found.
    pub problem: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(index) = self.index.as_ref().filter(|index| !index.is_empty()) {
            write!(f, " at {index:?}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl Error {
    /// An error of the program's author at one place.
    pub fn program(message: impl Into<String>, location: Location) -> Self {
        let labels = vec![Label { location, text: "here".into() }];
        Self::Program(Box::new(Diagnostic { message: message.into(), labels }))
    }

    /// A peer's failure outside any operation.
    pub fn peer(party: Party, fault: PeerFault) -> Self {
        Self::Peer(Box::new(PeerError { party, operation: None, fault }))
    }

    /// A setting that cannot work.
    pub fn configuration(setting: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Configuration(Box::new(ConfigurationError { setting: setting.into(), problem: problem.into() }))
    }

    /// Data that cannot be used.
    pub fn data(source: impl Into<String>, index: Option<Vec<usize>>, problem: impl Into<String>) -> Self {
        Self::Data(Box::new(DataError { source: source.into(), index, problem: problem.into() }))
    }

    /// An error of data, told of `source`, by which its owner knows it; any other error as it is.
    ///
    /// ```
    /// use spu_tensor::Error;
    ///
    /// let error = Error::data("input", Some(vec![17]), "not a number (NaN)").with_source("income");
    /// assert_eq!(error.to_string(), "income at [17]: not a number (NaN)");
    /// ```
    pub fn with_source(self, source: impl Into<String>) -> Self {
        match self {
            Self::Data(error) => Self::Data(Box::new(DataError { source: source.into(), ..*error })),
            other => other,
        }
    }
}
