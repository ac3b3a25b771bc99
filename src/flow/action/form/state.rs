//! Where a form stands: what is filled, in which order, and what is asked now. Stored with the session.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FormState {
    /// In the order in which they were done: back goes along it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    #[serde(default)]
    pub asking: Asking,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub field: u8,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Filled,
    Skipped,
    /// Its variable had a value before the form.
    Known,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    #[default]
    Nothing,
    Field(u8),
    /// Whether all is right.
    Confirm,
    /// Which field to change.
    Change,
}

impl FormState {
    pub fn is_done(&self, field: usize) -> bool {
        self.steps.iter().any(|step| usize::from(step.field) == field)
    }

    pub fn is_filled(&self, field: usize) -> bool {
        self.steps.iter().any(|step| usize::from(step.field) == field && step.how != How::Skipped)
    }

    pub fn done(&mut self, field: usize, how: How) {
        self.undone(field);
        self.steps.push(Step { field: u8::try_from(field).unwrap_or(u8::MAX), how });
    }

    pub fn undone(&mut self, field: usize) {
        self.steps.retain(|step| usize::from(step.field) != field);
    }

    /// The field that was done last by the visitor, if there is one before the one that is asked.
    pub fn back(&mut self) -> Option<usize> {
        let at = self.steps.iter().rposition(|step| step.how != How::Known)?;
        Some(usize::from(self.steps.remove(at).field))
    }

    pub fn field(&self) -> Option<usize> {
        match self.asking {
            Asking::Field(field) => Some(usize::from(field)),
            _ => None,
        }
    }
}
