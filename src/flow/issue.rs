//! What a check finds: issues with a stable code, a place in the document and a hint. The catalogue of codes is here.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Stops a publish.
    Error,
    /// Works, and is probably not what was meant.
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Issue {
    /// Stable, e.g. `unknown_node`; see [`Code::ALL`].
    #[schema(value_type = String)]
    pub code: Code,
    pub severity: Severity,
    /// JSON pointer into the document; empty for the document itself.
    pub pointer: String,
    /// What is wrong here.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Issue {
    pub fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), pointer: pointer.into(), message: message.into(), hint: hint.into() }
    }
}

impl std::fmt::Display for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        let place = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        write!(f, "{severity} {} at {place}: {}", self.code.word(), self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident $word:literal $severity:ident;)*) => {
        /// Every code that a check can report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])* $name,)* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            pub fn word(self) -> &'static str { match self { $(Self::$name => $word),* } }
            pub fn severity(self) -> Severity { match self { $(Self::$name => Severity::$severity),* } }
            /// For the documentation.
            pub fn about(self) -> &'static str { match self { $(Self::$name => concat!($($doc),*).trim_ascii()),* } }
        }
    };
}

codes! {
    /// The text is neither JSON nor YAML.
    Unreadable "unreadable" Error;
    /// The document is larger, deeper or longer than the limits allow.
    TooLarge "too_large" Error;
    /// An object has the same key twice; one of the two would be lost.
    DuplicateKey "duplicate_key" Error;
    /// More issues were found than are listed.
    TooManyIssues "too_many_issues" Error;
    /// A value has another type than the language expects there.
    WrongType "wrong_type" Error;
    /// A value has the right type and is not allowed there.
    WrongValue "wrong_value" Error;
    /// A field that must be there is missing.
    MissingField "missing_field" Error;
    /// A field that the language does not know.
    UnknownField "unknown_field" Error;
    /// An action type that the language does not know.
    UnknownAction "unknown_action" Error;
    /// The `spec_version` is not one that this server reads.
    UnknownSpecVersion "unknown_spec_version" Error;
    /// A node that the document does not have.
    UnknownNode "unknown_node" Error;
    /// A node that nothing leads to.
    UnreachableNode "unreachable_node" Warning;
    /// An action that can never run, because the one before it never goes on.
    UnreachableAction "unreachable_action" Warning;
    /// A node without actions.
    EmptyNode "empty_node" Warning;
    /// A variable that is neither declared nor set by any action.
    UnsetVariable "unset_variable" Error;
    /// A declared variable that nothing reads or sets.
    UnusedVariable "unused_variable" Warning;
    /// Nodes that lead to each other for ever, and nothing in between waits for the visitor.
    EndlessLoop "endless_loop" Error;
    /// Nodes that may lead to each other without waiting for the visitor, depending on a condition.
    LoopWithoutWait "loop_without_wait" Warning;
    /// Calls that lead back to themselves, so that they would never return.
    CallCycle "call_cycle" Error;
    /// A text that is longer than Messenger allows there.
    TextTooLong "text_too_long" Error;
    /// A text that is sent as several bubbles.
    TextSplit "text_split" Warning;
    /// A text that is empty.
    EmptyText "empty_text" Error;
    /// An option without a title: the visitor could not see it.
    OptionWithoutTitle "option_without_title" Error;
    /// A title of more than 20 characters; Messenger refuses it, and it is never cut.
    TitleTooLong "title_too_long" Error;
    /// Two options that the visitor could not tell apart.
    SameOption "same_option" Error;
    /// A text lacks one of the flow's languages.
    MissingTranslation "missing_translation" Warning;
    /// A text is given in a language that the flow does not list.
    UndeclaredLanguage "undeclared_language" Error;
    /// `{{ }}` that cannot be read.
    BadTemplate "bad_template" Error;
    /// A condition that cannot be read.
    BadExpression "bad_expression" Error;
    /// A regular expression that cannot be read, or is too large.
    BadPattern "bad_pattern" Error;
    /// A URL that is not an absolute http(s) URL with a fixed host.
    BadUrl "bad_url" Error;
    /// A pipeline that does not exist.
    UnknownPipeline "unknown_pipeline" Error;
    /// A status that the pipeline does not have.
    UnknownStatus "unknown_status" Error;
    /// Transfer rules that do not exist.
    UnknownRules "unknown_rules" Error;
    /// A chatflow that does not exist on this page.
    UnknownChatflow "unknown_chatflow" Error;
    /// A call of a chatflow that was never published: until it is, the call is left out.
    UnpublishedChatflow "unpublished_chatflow" Warning;
    /// A secret that does not exist.
    UnknownSecret "unknown_secret" Error;
    /// A secret where it cannot be used, or in an expression with something else.
    MisplacedSecret "misplaced_secret" Error;
    /// A transfer, while no user has a service seat: everyone would wait in the queue.
    NobodySeated "nobody_seated" Warning;
    /// A pause after which nothing is said.
    PauseAtEnd "pause_at_end" Warning;
    /// A pause of a day or more before something is said: 24 hours after the visitor's last word Meta takes no message of a
    /// bot.
    PauseOutlastsWindow "pause_outlasts_window" Warning;
    /// More cards than one carousel shows; they become several.
    CarouselSplit "carousel_split" Warning;
    /// A hand-written message that Messenger would refuse.
    BadMessage "bad_message" Error;
    /// Quick replies that vanish, because the flow says more after them.
    ChoicesNotLast "choices_not_last" Warning;
    /// Two interrupts for the same words or payload: the visitor is asked which one is meant.
    SameInterrupt "same_interrupt" Warning;
    /// The node that runs at a session's beginning waits for the visitor.
    HookWaits "hook_waits" Warning;
    /// A field that has no effect with the others it stands beside.
    NoEffect "no_effect" Warning;
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.word())
    }
}
