//! `/v1/tickets`: what is still to be done for somebody, and how far it is.
//!
//! A status changes only by a transition, which keeps to the pipeline's matrix; everything else by a PATCH. Both leave
//! their lines in the history.

mod body;
mod comments;
mod create;
mod history;
mod list;
mod show;
mod transition;
mod update;
mod view;

use crate::api::routes::Routes;

pub use view::TicketView;

pub fn routes(config: &mut Routes<'_>) {
    config.service(list::list_tickets).service(create::create_ticket).service(show::show_ticket).service(update::update_ticket);
    config.service(transition::move_ticket).service(history::list_history);
    config.service(comments::list_comments).service(comments::create_comment);
}
