//! Users and sign-ins.

use causerie::domain::Timestamp;
use causerie::domain::access::{Role, SignIn, User};
use causerie::domain::ids::{IdMaker, UserId};
use causerie::store::StoreError;
use causerie::store::access::{AccessStore, Rotated, UserFilter};
use causerie::store::sql::SqlStore;
use jiff::SignedDuration;

use crate::support::store::on_each_database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

/// The `n`th to be made.
fn user(n: i64, role: Role) -> User {
    let id = IdMaker::new(at(n), n as u64).next();
    let (email, name) = (format!("u{n}@example.org"), format!("User é{n}"));
    User { id, email, name, role, service_seat: n % 2 == 0, active: true, revision: 1, created_at: at(n) }
}

async fn make(store: &SqlStore, n: i64, role: Role) -> User {
    let user = user(n, role);
    store.create_user(user.clone(), format!("hash{n}")).await.unwrap();
    user
}

fn sign_in(user: UserId, n: i64) -> SignIn {
    let id = IdMaker::new(at(n), n as u64 + 100).next();
    SignIn { id, user, token_hash: format!("token{n}"), created_at: at(n), expires_at: at(1000) }
}

#[test]
fn a_user_reads_back_as_they_were_made() {
    on_each_database(|store| async move {
        let ana = make(&store, 1, Role::Agent).await;
        assert_eq!(store.user(ana.id).await.unwrap(), Some(ana.clone()));
        assert_eq!(store.user_by_email("u1@example.org").await.unwrap(), Some((ana.clone(), "hash1".into())));
        assert_eq!(store.user_by_email("nobody@example.org").await.unwrap(), None);
        assert_eq!(store.password_hash(ana.id).await.unwrap().as_deref(), Some("hash1"));
        let twin = User { id: user(2, Role::Agent).id, ..ana };
        let end = store.create_user(twin, "x".into()).await;
        assert!(matches!(end, Err(StoreError::Conflict { what: "email" })), "{end:?}");
    });
}

#[test]
fn a_list_is_filtered_and_goes_on_where_it_stopped() {
    on_each_database(|store| async move {
        let mut all = Vec::new();
        for n in 1..=4 {
            all.push(make(&store, n, if n < 3 { Role::Owner } else { Role::Lead }).await);
        }
        let list = |filter, after, limit| store.users(filter, after, limit);
        assert_eq!(list(UserFilter::default(), None, 9).await.unwrap(), all);
        assert_eq!(list(UserFilter::default(), Some(all[0].id), 2).await.unwrap(), all[1..3]);
        assert_eq!(list(UserFilter { role: Some(Role::Lead), ..UserFilter::default() }, None, 9).await.unwrap(), all[2..]);
        let seated = UserFilter { service_seat: Some(true), active: Some(true), ..UserFilter::default() };
        assert_eq!(list(seated, None, 9).await.unwrap(), [all[1].clone(), all[3].clone()]);
    });
}

#[test]
fn a_change_holds_only_at_the_revision_it_was_made_on() {
    on_each_database(|store| async move {
        let ana = make(&store, 1, Role::Agent).await;
        make(&store, 2, Role::Agent).await;
        let changed = User { name: "Ana".into(), role: Role::Lead, revision: 2, ..ana.clone() };
        store.save_user(changed.clone(), 1).await.unwrap();
        assert!(matches!(store.save_user(changed.clone(), 1).await, Err(StoreError::Conflict { what: "revision" })));
        let taken = User { email: "u2@example.org".into(), revision: 3, ..changed.clone() };
        assert!(matches!(store.save_user(taken, 2).await, Err(StoreError::Conflict { what: "email" })));
        assert_eq!(store.user(ana.id).await.unwrap(), Some(changed));
        assert_eq!(store.password_hash(ana.id).await.unwrap().as_deref(), Some("hash1"));
    });
}

#[test]
fn two_owners_who_remove_each_other_at_once_leave_one() {
    on_each_database(|store| async move {
        let (ana, ben) = (make(&store, 1, Role::Owner).await, make(&store, 2, Role::Owner).await);
        let off = |user: User| store.save_user(User { active: false, revision: 2, ..user }, 1);
        let (first, second) = futures_util::future::join(off(ana), off(ben)).await;
        let refused = [first, second].into_iter().filter(|end| matches!(end, Err(StoreError::InUse { what: "the last owner" })));
        assert_eq!(refused.count(), 1);
        let owners = UserFilter { role: Some(Role::Owner), active: Some(true), ..UserFilter::default() };
        assert_eq!(store.users(owners, None, 9).await.unwrap().len(), 1);
    });
}

#[test]
fn where_there_was_no_owner_others_still_change() {
    on_each_database(|store| async move {
        let ana = make(&store, 1, Role::Agent).await;
        store.save_user(User { active: false, revision: 2, ..ana }, 1).await.unwrap();
    });
}

#[test]
fn a_refresh_token_is_exchanged_once() {
    on_each_database(|store| async move {
        let ana = make(&store, 1, Role::Agent).await;
        let sign_in = sign_in(ana.id, 1);
        store.open_sign_in(sign_in.clone()).await.unwrap();
        assert_eq!(store.sign_in(sign_in.id).await.unwrap(), Some(sign_in.clone()));
        let rotate = |old: &str, new: &str, now| store.rotate_sign_in(sign_in.id, old.into(), new.into(), now, at(2000));
        assert_eq!(rotate("token1", "token2", at(2)).await.unwrap(), Rotated::Done);
        let now = SignIn { token_hash: "token2".into(), expires_at: at(2000), ..sign_in.clone() };
        assert_eq!(store.sign_in(sign_in.id).await.unwrap(), Some(now));
        assert_eq!(rotate("token1", "token3", at(3)).await.unwrap(), Rotated::Reused);
        assert_eq!(store.sign_in(sign_in.id).await.unwrap(), None);
        assert_eq!(rotate("token2", "token3", at(3)).await.unwrap(), Rotated::Gone);
    });
}

#[test]
fn a_sign_in_that_ran_out_is_not_exchanged() {
    on_each_database(|store| async move {
        let ana = make(&store, 1, Role::Agent).await;
        let sign_in = sign_in(ana.id, 1);
        store.open_sign_in(sign_in.clone()).await.unwrap();
        let late = store.rotate_sign_in(sign_in.id, "token1".into(), "token2".into(), at(1000), at(2000));
        assert_eq!(late.await.unwrap(), Rotated::Gone);
        assert_eq!(store.purge_sign_ins(at(1000)).await.unwrap(), 0);
        assert_eq!(store.purge_sign_ins(at(1000) + SignedDuration::from_millis(1)).await.unwrap(), 1);
    });
}

#[test]
fn sign_ins_end_with_the_password_or_the_user() {
    on_each_database(|store| async move {
        let ana = make(&store, 1, Role::Agent).await;
        let (here, there) = (sign_in(ana.id, 1), sign_in(ana.id, 2));
        for one in [&here, &there] {
            store.open_sign_in(one.clone()).await.unwrap();
        }
        store.set_password(ana.id, "new".into(), Some(here.id)).await.unwrap();
        assert_eq!(store.password_hash(ana.id).await.unwrap().as_deref(), Some("new"));
        assert!(store.sign_in(here.id).await.unwrap().is_some() && store.sign_in(there.id).await.unwrap().is_none());
        store.save_user(User { active: false, revision: 2, ..ana }, 1).await.unwrap();
        assert!(store.sign_in(here.id).await.unwrap().is_none());
    });
}
