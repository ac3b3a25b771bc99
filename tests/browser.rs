//! A person chats in the sandbox, is handed over, and an agent answers: in a real browser, on the real binary.
//!
//! Pictures are left under `target/screenshots/`: look at them after a change of the page.

use fantoccini::key::Key;

use crate::support::browser::{Browser, demo};

const CAMILLE: &str = ".visitor[data-psid='7310482956120034']";
const DANIEL: &str = ".visitor[data-psid='7310482956120051']";

#[actix_web::test]
async fn a_visitor_chats_is_handed_over_and_an_agent_answers() {
    let (_demo, told) = demo(&[]);
    let browser = Browser::start().await;
    browser.client.goto(told["sandbox_url"].as_str().unwrap()).await.unwrap();

    browser.click(CAMILLE).await;
    browser.find("#get-started").await;
    browser.shot("1-welcome").await;
    browser.click("#get-started").await;
    browser.shows("bubble", "Bonjour Camille").await;
    browser.shows("pill", "Suivre ma commande").await;
    browser.shot("2-menu").await;

    browser.shows("pill", "Suivre ma commande").await.click().await.unwrap();
    browser.shows("bubble", "numéro de commande").await;
    say(&browser, "ML204819").await;
    browser.shows("bubble", "Un conseiller arrive").await;
    browser.shot("3-handed-over").await;

    browser.click("[data-email='ana@maisonlumen.example']").await;
    browser.shows("visitor-name", "Camille Roux").await;
    browser.shot("4-inbox").await;
    browser.click(".inbox .visitor").await;
    browser.shows("ticket", "Colis perdu ML204819").await;
    browser.shows("facts", "ML204819").await;
    let answer = "Bonjour Camille, ici Ana. Je renvoie votre lampe aujourd'hui.";
    browser.find(".case-foot textarea:enabled").await.send_keys(answer).await.unwrap();
    browser.click("#send-reply").await;
    browser.shows("row", "ici Ana").await;
    say(&browser, "Merci beaucoup ! <img src=x onerror=\"document.title='broken'\">").await;
    browser.shows("line", "Merci beaucoup").await;
    browser.shot("5-answered").await;
    assert_ne!(browser.client.title().await.unwrap(), "broken");
    assert!(browser.client.find_all(fantoccini::Locator::Css("img[src='x']")).await.unwrap().is_empty());

    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.end().await;
}

#[actix_web::test]
async fn a_direct_link_opens_its_chatflow_in_the_visitors_language_also_on_a_small_and_dark_screen() {
    let (_demo, told) = demo(&[]);
    let browser = Browser::start().await;
    browser.client.goto(told["sandbox_url"].as_str().unwrap()).await.unwrap();

    browser.click("[aria-label='Switch to English']").await;
    browser.click(DANIEL).await;
    let link = told["chatflows"].as_array().unwrap().iter().find(|flow| flow["name"] == "Rendez-vous").unwrap();
    browser.click(&format!("[data-url='{}']", link["link"].as_str().unwrap())).await;
    browser.shows("came-by", link["ref"].as_str().unwrap()).await;
    browser.shot("6-direct-link").await;
    browser.click("#get-started").await;
    browser.shows("bubble", "A Maison Lumen advisor helps you").await;
    browser.shows("pill", "Kitchen").await.click().await.unwrap();
    browser.shows("pill", "€100 to €300").await;
    browser.shot("7-appointment").await;

    browser.click("[aria-label='Switch between light and dark']").await;
    browser.shot("8-dark").await;
    browser.narrow().await;
    browser.shot("9-small").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.end().await;
}

async fn say(browser: &Browser, words: &str) {
    let field = browser.find(".composer textarea").await;
    field.send_keys(words).await.unwrap();
    field.send_keys(&char::from(Key::Enter).to_string()).await.unwrap();
}
