//! What can be read of people and Pages, the Messenger profile, and the webhook subscription.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::limits::{list, required};
use super::rules::Subscription;
use super::world::{FbPage, World};

const PROPERTIES: [&str; 8] = [
    "get_started",
    "greeting",
    "ice_breakers",
    "persistent_menu",
    "commands",
    "whitelisted_domains",
    "account_linking_url",
    "subject_to_new_eu_privacy_rules",
];
const PERSON: [&str; 8] = ["id", "name", "first_name", "last_name", "profile_pic", "locale", "timezone", "gender"];

type Answer = Result<Value, GraphError>;

impl World {
    /// `GET /{page}?fields=…`.
    pub fn page_fields(&self, page: &FbPage, fields: &str) -> Answer {
        let mut answer = json!({ "id": page.id });
        for field in split(fields) {
            answer[field] = match field {
                "id" => json!(page.id),
                "name" => json!(page.name),
                "username" if page.username.is_none() => continue,
                "username" => json!(page.username),
                "category" => json!(page.category),
                "link" => json!(format!("https://www.facebook.com/{}", page.username.as_deref().unwrap_or(&page.id))),
                "picture" => json!({ "data": { "url": format!("{}/pictures/page/{}.svg", self.app.public_url, page.id) } }),
                "messaging_feature_status" => json!({ "hop_v2": page.routing, "msgr_multi_app": page.routing, "ig_multi_app": false }),
                "is_published" => json!(true),
                _ => return Err(GraphError::parameter(format!("Tried accessing nonexisting field ({field}) on node type (Page)"))),
            };
        }
        Ok(answer)
    }

    /// `GET /{psid}?fields=…`: only of people who have written, and who consent.
    pub fn person_fields(&self, page: &FbPage, psid: &str, fields: &str) -> Answer {
        let thread = self.threads.get(psid).filter(|thread| thread.page == page.id && thread.started);
        let thread = thread.ok_or_else(|| GraphError::no_object(psid))?;
        let person = &thread.person;
        if !person.consent {
            return Err(GraphError::new(230, None, "User consent is needed to access this profile"));
        }
        let fields = if fields.is_empty() { "id,name,first_name,last_name,profile_pic" } else { fields };
        let mut answer = json!({});
        for field in split(fields) {
            if !PERSON.contains(&field) {
                return Err(GraphError::parameter(format!("Tried accessing nonexisting field ({field}) on node type (User)")));
            }
            answer[field] = match field {
                "id" => json!(psid),
                "name" => json!(person.name()),
                "first_name" => json!(person.first_name),
                "last_name" => json!(person.last_name),
                "profile_pic" => json!(format!("{}/pictures/person/{psid}.svg", self.app.public_url)),
                "locale" => json!(person.locale),
                "timezone" => json!(person.timezone),
                _ => continue,
            };
        }
        answer["id"] = json!(psid);
        Ok(answer)
    }

    /// `GET /debug_token`: what the app may know of a token.
    pub fn debug_token(&self, params: &Map<String, Value>) -> Answer {
        let own = format!("{}|{}", self.app.id, self.app.secret);
        if params.get("access_token").and_then(Value::as_str) != Some(own.as_str()) {
            return Err(GraphError::token(None, "Invalid OAuth access token - Cannot parse access token"));
        }
        let token = params.get("input_token").and_then(Value::as_str).unwrap_or_default();
        let Some(page) = self.pages.values().find(|page| page.token == token) else {
            let error = json!({ "code": 190, "message": "The access token could not be decrypted" });
            return Ok(json!({ "data": { "is_valid": false, "error": error, "scopes": [] } }));
        };
        let scopes = ["pages_messaging", "pages_manage_metadata", "pages_show_list", "pages_read_engagement", "public_profile"];
        Ok(json!({ "data": {
            "app_id": self.app.id, "application": self.app.name, "type": "PAGE", "is_valid": page.dead.is_none(),
            "expires_at": 0, "data_access_expires_at": 0, "profile_id": page.id, "user_id": "100000000000001", "scopes": scopes,
        }}))
    }
}

impl FbPage {
    pub fn read_profile(&self, fields: &str) -> Answer {
        let mut one = Map::new();
        for field in split(fields) {
            if !PROPERTIES.contains(&field) {
                return Err(GraphError::parameter(format!("Param fields[0] must be one of {{{}}}", PROPERTIES.join(", "))));
            }
            if let Some(value) = self.profile.get(field) {
                one.insert(field.to_owned(), value.clone());
            }
        }
        Ok(if one.is_empty() { json!({ "data": [] }) } else { json!({ "data": [one] }) })
    }

    /// Overwrites the given properties. Ten changes within ten minutes, then 613.
    pub fn write_profile(&mut self, params: &Map<String, Value>, now: Timestamp) -> Answer {
        self.count_profile_call(now)?;
        let given: Vec<(&String, &Value)> = params.iter().filter(|(key, _)| PROPERTIES.contains(&key.as_str())).collect();
        if given.is_empty() {
            return Err(GraphError::parameter("Requires one of the params: ".to_owned() + &PROPERTIES.join(", ")));
        }
        let starts = self.profile.contains_key("get_started") || params.contains_key("get_started");
        for (key, value) in &given {
            property(key, value, starts)?;
        }
        for (key, value) in given {
            self.profile.insert(key.clone(), value.clone());
        }
        Ok(json!({ "result": "success" }))
    }

    pub fn clear_profile(&mut self, params: &Map<String, Value>, now: Timestamp) -> Answer {
        self.count_profile_call(now)?;
        let fields = list(params.get("fields").unwrap_or(&Value::Null), "fields", 1, PROPERTIES.len())?;
        let fields: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
        let keeps_menu = self.profile.contains_key("persistent_menu") && !fields.contains(&"persistent_menu");
        if fields.contains(&"get_started") && keeps_menu {
            let why = "You must set a Get Started button if you also wish to use persistent menu";
            return Err(GraphError::new(100, Some(2_018_145), why));
        }
        self.profile.retain(|key, _| !fields.contains(&key.as_str()));
        Ok(json!({ "result": "success" }))
    }

    fn count_profile_call(&mut self, now: Timestamp) -> Result<(), GraphError> {
        self.profile_calls.retain(|at| now.duration_since(*at) < SignedDuration::from_mins(10));
        if self.profile_calls.len() >= 10 {
            return Err(GraphError::new(613, None, "Calls to this api have exceeded the rate limit."));
        }
        self.profile_calls.push(now);
        Ok(())
    }

    /// `POST /{page}/subscribed_apps`.
    pub fn subscribe(&mut self, params: &Map<String, Value>) -> Answer {
        let fields = match params.get("subscribed_fields") {
            Some(Value::Array(fields)) => fields.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            Some(Value::String(fields)) => fields.clone(),
            _ => String::new(),
        };
        self.subscription = Subscription::parse(&fields)?;
        Ok(json!({ "success": true }))
    }
}

fn property(key: &str, value: &Value, starts: bool) -> Result<(), GraphError> {
    match key {
        "get_started" => required(super::limits::object(value, key)?, "payload", key, 1000),
        "greeting" => {
            for one in list(value, key, 1, 50)? {
                required(super::limits::object(one, key)?, "text", key, 160)?;
            }
            Ok(())
        }
        "ice_breakers" => ice_breakers(value),
        "persistent_menu" if !starts => {
            let why = "You must set a Get Started button if you also wish to use persistent menu";
            Err(GraphError::new(100, Some(2_018_145), why))
        }
        "persistent_menu" => menu(value),
        "subject_to_new_eu_privacy_rules" => Err(GraphError::parameter("subject_to_new_eu_privacy_rules cannot be set")),
        _ => Ok(()),
    }
}

fn ice_breakers(value: &Value) -> Result<(), GraphError> {
    let locales = list(value, "ice_breakers", 1, 50)?;
    // The old flat form has no locales.
    let flat = locales.iter().all(|one| one.get("question").is_some());
    if !flat && !locales.iter().any(|one| one["locale"] == "default") {
        return Err(GraphError::parameter("Param ice_breakers must have a default locale"));
    }
    let groups: Vec<&Value> = if flat { vec![value] } else { locales.iter().map(|one| &one["call_to_actions"]).collect() };
    for group in groups {
        for question in list(group, "ice_breakers[call_to_actions]", 1, 4)? {
            let question = super::limits::object(question, "ice_breakers")?;
            required(question, "question", "ice_breakers", 80)?;
            required(question, "payload", "ice_breakers", 1000)?;
        }
    }
    Ok(())
}

fn menu(value: &Value) -> Result<(), GraphError> {
    let locales = list(value, "persistent_menu", 1, 50)?;
    if !locales.iter().any(|one| one["locale"] == "default") {
        return Err(GraphError::parameter("Param persistent_menu must have a default locale"));
    }
    for locale in locales {
        for item in list(&locale["call_to_actions"], "persistent_menu[call_to_actions]", 0, 20)? {
            let item = super::limits::object(item, "persistent_menu")?;
            required(item, "title", "persistent_menu", 30)?;
            match item.get("type").and_then(Value::as_str) {
                Some("postback") => required(item, "payload", "persistent_menu", 1000)?,
                Some("web_url") => required(item, "url", "persistent_menu", 2083)?,
                _ => return Err(GraphError::parameter("Param persistent_menu[type] must be one of {postback, web_url}")),
            }
        }
    }
    Ok(())
}

fn split(fields: &str) -> impl Iterator<Item = &str> {
    fields.split(',').map(str::trim).filter(|field| !field.is_empty())
}
