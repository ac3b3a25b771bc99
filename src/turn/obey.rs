//! A person's order to one conversation: pure, refused with a reason or turned into a draft.

use super::draft::Draft;
use super::route;
use super::situation::Situation;
use super::{Turn, revise, situation::Shelf};
use crate::domain::access::Role;
use crate::domain::command::{Assignee, Command, CommandRefused, Order};
use crate::domain::conversation::{ConversationStatus, Owner, Permission, permission};
use crate::domain::ids::{ContactId, UserId};
use crate::domain::message::{Author, MessageBody, MessageOut, MessageStatus};
use crate::flow::session::{Session, Wait};
use crate::flow::step::Input;
use crate::messenger::send::split;
use crate::store::turns::{Assign, Loaded};

/// The order's turn, or why it was refused. `loaded` is the conversation it is about.
pub fn obey(cx: &Situation<'_>, loaded: &Loaded, command: &Command) -> Result<Turn, CommandRefused> {
    let mut draft = Draft::of(loaded, cx.at, cx.seed);
    match &command.what {
        Order::Claim => claim(&mut draft, command)?,
        Order::Assign { to } => assign(&mut draft, command, to)?,
        Order::Reply { body } => reply(&mut draft, command, body)?,
        Order::Note { text } => {
            let author = Author::Agent { user: command.by };
            draft.write(cx.at, author, MessageBody::Note { text: text.clone() }, MessageStatus::Internal, None);
        }
        Order::Release => return release(cx, draft, command),
        Order::Close => close(&mut draft, command)?,
    }
    Ok(Turn::Ready(Box::new(draft)))
}

fn leads(role: Role) -> bool {
    role.may(crate::domain::access::Need::LeadTeam)
}

fn owner_name(owner: &Owner) -> String {
    match owner {
        Owner::Agent { user } => format!("agent `{user}`"),
        other => other.word().to_owned(),
    }
}

fn claim(draft: &mut Draft, command: &Command) -> Result<(), CommandRefused> {
    match draft.conversation.owner {
        Owner::Agent { user } if user == command.by => return Ok(()),
        Owner::Agent { .. } if !leads(command.role) => {
            return Err(CommandRefused::NotYours { owner: owner_name(&draft.conversation.owner) });
        }
        _ => {}
    }
    hand_to_agent(draft, command.by);
    draft.note_line("claimed", format!("{} took the conversation", command.by_name));
    Ok(())
}

/// By hand there is no capacity limit: a person knows what they do.
fn hand_to_agent(draft: &mut Draft, user: UserId) {
    draft.assign = Some(Assign { agent: user, capacity: None, at: draft.at });
    draft.give_to(Owner::Agent { user });
    draft.conversation.status = ConversationStatus::Open;
    silence_bot(draft);
}

/// What the bot had still to say is taken back; its session waits for the people.
fn silence_bot(draft: &mut Draft) {
    draft.cancel_queued = true;
    let Some(mut session) = draft.session.clone().filter(|session| !session.finished) else { return };
    draft.cancel_timers.extend(session.timers());
    session.hand_to_people();
    draft.set_session(Some(session));
}

fn assign(draft: &mut Draft, command: &Command, to: &Assignee) -> Result<(), CommandRefused> {
    may_let_go(draft, command)?;
    match to {
        Assignee::Agent { user, name } => {
            hand_to_agent(draft, *user);
            draft.note_line("assigned", format!("{} gave the conversation to {name}", command.by_name));
        }
        Assignee::Queue { team } => {
            draft.give_to(Owner::Queue { team: *team });
            draft.conversation.status = ConversationStatus::Open;
            silence_bot(draft);
            draft.note_line("assigned", format!("{} put the conversation into the queue", command.by_name));
        }
    }
    Ok(())
}

fn reply(draft: &mut Draft, command: &Command, body: &MessageOut) -> Result<(), CommandRefused> {
    if draft.conversation.owner != (Owner::Agent { user: command.by }) {
        return Err(CommandRefused::NotYours { owner: owner_name(&draft.conversation.owner) });
    }
    let author = Author::Agent { user: command.by };
    if let Permission::Refused(refusal) = permission(author, draft.conversation.window_opened_at, draft.at) {
        return Err(CommandRefused::Window(refusal));
    }
    for part in split(body.clone()) {
        draft.send(author, part, 0);
    }
    Ok(())
}

fn may_let_go(draft: &Draft, command: &Command) -> Result<(), CommandRefused> {
    match draft.conversation.owner {
        Owner::Agent { user } if user != command.by && !leads(command.role) => {
            Err(CommandRefused::NotYours { owner: owner_name(&draft.conversation.owner) })
        }
        _ => Ok(()),
    }
}

/// Back to the bot. A session that waits for the people goes on behind its transfer.
fn release(cx: &Situation<'_>, mut draft: Draft, command: &Command) -> Result<Turn, CommandRefused> {
    may_let_go(&draft, command)?;
    if draft.conversation.owner == Owner::Bot {
        return Err(CommandRefused::AlreadyReleased);
    }
    draft.give_to(Owner::Bot);
    draft.note_line("released", format!("{} gave the conversation back to the bot", command.by_name));
    let contact = draft.contact.id;
    let knows = |session: &Session| session.wait == Some(Wait::People) && knows_version(cx, contact, session);
    let waiting = draft.session.clone().filter(knows);
    Ok(match waiting {
        Some(session) => {
            let session = revise::moved(cx, &mut draft, session);
            route::run(cx, draft, session, &Input::Released)
        }
        None => Turn::Ready(Box::new(draft)),
    })
}

fn knows_version(cx: &Situation<'_>, contact: ContactId, session: &Session) -> bool {
    use crate::flow::step::Library as _;
    Shelf { world: cx.world, older: cx.older, contact }.flow(session.chatflow, Some(session.version)).is_some()
}

fn close(draft: &mut Draft, command: &Command) -> Result<(), CommandRefused> {
    may_let_go(draft, command)?;
    if draft.conversation.status == ConversationStatus::Closed {
        return Err(CommandRefused::AlreadyClosed);
    }
    draft.conversation.status = ConversationStatus::Closed;
    draft.give_to(Owner::Bot);
    silence_bot(draft);
    // The next message starts afresh.
    draft.set_session(None);
    draft.note_line("closed", format!("{} closed the conversation", command.by_name));
    Ok(())
}
