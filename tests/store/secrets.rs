use std::collections::HashMap;

use causerie::domain::Timestamp;
use causerie::domain::secret::NamedSecret;
use causerie::store::secrets::SecretStore;
use secrecy::{ExposeSecret, SecretString};

use crate::support::store::on_each_database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

#[test]
fn a_secret_is_set_replaced_opened_for_a_call_and_forgotten() {
    on_each_database(|store| async move {
        let put = |name: &'static str, value: &'static str, seconds| {
            let store = store.clone();
            async move { store.put_secret(name, &SecretString::from(value), at(seconds)).await.unwrap() }
        };
        let open = |names: &'static [&'static str]| {
            let store = store.clone();
            async move {
                let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
                let opened = store.open_secrets(&names).await.unwrap();
                opened.into_iter().map(|(name, value)| (name, value.expose_secret().to_owned())).collect::<HashMap<_, _>>()
            }
        };
        let named = |name: &str, created, updated| NamedSecret { name: name.into(), created_at: at(created), updated_at: at(updated) };
        assert_eq!(put("shop_key", "é\"1", 1).await, named("shop_key", 1, 1));
        assert_eq!(put("crm", "x", 2).await, named("crm", 2, 2));
        assert_eq!(put("shop_key", "2", 3).await, named("shop_key", 1, 3));
        assert_eq!(store.secrets().await.unwrap(), [named("crm", 2, 2), named("shop_key", 1, 3)]);
        assert_eq!(open(&["shop_key", "nothing"]).await, HashMap::from([("shop_key".to_owned(), "2".to_owned())]));
        assert_eq!(open(&[]).await, HashMap::new());
        assert!(store.delete_secret("shop_key").await.unwrap());
        assert!(!store.delete_secret("shop_key").await.unwrap());
        assert_eq!(open(&["shop_key"]).await, HashMap::new());
    });
}
