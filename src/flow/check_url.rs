//! URLs in documents: absolute, with a host that no variable can change.

use super::issue::Code;
use super::read::Reader;
use super::template::Template;

/// The scheme and host must be written out, so that nothing that a visitor says decides where a request goes.
pub fn check_url(r: &mut Reader<'_>, field: &str, url: &Template, https_only: bool) {
    let prefix = url.prefix();
    let wanted = if https_only { "https://" } else { "http:// or https://" };
    let schemes: &[&str] = if https_only { &["https://"] } else { &["https://", "http://"] };
    let rest = schemes.iter().find_map(|scheme| prefix.strip_prefix(scheme));
    let hint = "write the scheme and the host out: `https://shop.example/orders/{{ order | urlencode }}`";
    let problem = match rest {
        None => Some(format!("the URL must begin with {wanted}")),
        Some(rest) if url.constant().is_none() && !rest.contains(['/', '?']) => Some("the URL's host must not be an expression".into()),
        Some(rest) => {
            let whole = format!("https://{}", rest.split_whitespace().next().unwrap_or_default());
            let parsed = url::Url::parse(&whole).ok();
            let odd = rest.contains(char::is_whitespace) || parsed.is_none_or(|parsed| parsed.host().is_none());
            odd.then(|| "the URL cannot be read".into())
        }
    };
    if let Some(problem) = problem {
        r.at(field, |r| r.issue(Code::BadUrl, problem, hint));
    }
}
