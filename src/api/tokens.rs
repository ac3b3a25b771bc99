//! Access tokens: short-lived JWTs, signed with Ed25519; the public key is served as a JWKS.
//!
//! A token says who signed in, not what they may do: role and seat are read from the store with each request, so a
//! demotion or a deactivation holds at once.

use jiff::SignedDuration;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::problem::{Code, Problem};
use crate::domain::Timestamp;
use crate::domain::ids::{SignInId, UserId};

const ISSUER: &str = "causerie";
/// PKCS#8 around a bare Ed25519 seed (RFC 8410).
const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: UserId,
    /// The sign-in (refresh token family) it came from.
    pub sid: SignInId,
    /// Seconds since the epoch.
    pub iat: i64,
    pub exp: i64,
}

/// Makes and checks access tokens.
pub struct AccessTokens {
    key_id: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    jwks: JwkSet,
    lifetime: SignedDuration,
}

/// The signing key could not be used.
#[derive(Debug, thiserror::Error)]
#[error("the key for access tokens cannot be used")]
pub struct BadKey(#[from] jsonwebtoken::errors::Error);

impl AccessTokens {
    /// `seed` is secret and the same for every node.
    pub fn new(seed: &[u8; 32], lifetime: SignedDuration) -> Result<Self, BadKey> {
        let signing = EncodingKey::from_ed_der(&[PKCS8_ED25519.as_slice(), seed].concat());
        let mut jwk = Jwk::from_encoding_key(&signing, Algorithm::EdDSA)?;
        let key_id = match &jwk.algorithm {
            AlgorithmParameters::OctetKeyPair(pair) => hex::encode(&Sha256::digest(pair.x.as_bytes())[..8]),
            _ => String::new(),
        };
        jwk.common.key_id = Some(key_id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&jwk)?;
        Ok(Self { key_id, signing, verifying, jwks: JwkSet { keys: vec![jwk] }, lifetime })
    }

    /// A token and when it ends.
    pub fn issue(&self, user: UserId, sign_in: SignInId, now: Timestamp) -> Result<(String, Timestamp), Problem> {
        let ends = now + self.lifetime;
        let claims = Claims { iss: ISSUER.into(), sub: user, sid: sign_in, iat: now.as_second(), exp: ends.as_second() };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key_id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "an access token cannot be signed");
            Problem::new(Code::Internal, "the access token could not be made")
        })?;
        Ok((token, ends))
    }

    /// Checks signature, issuer and end. The clock is ours: tests and the server agree about the time.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claims, Problem> {
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["iss", "sub", "exp"]);
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &rules)
            .map_err(|_| Problem::new(Code::TokenInvalid, "the access token is not one of ours"))?
            .claims;
        if claims.exp <= now.as_second() {
            return Err(Problem::new(Code::TokenExpired, "the access token has expired; refresh it"));
        }
        Ok(claims)
    }

    /// The public keys, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> &JwkSet {
        &self.jwks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IdMaker;

    fn tokens(seed: u8) -> AccessTokens {
        AccessTokens::new(&[seed; 32], SignedDuration::from_mins(15)).unwrap()
    }

    #[test]
    fn a_token_holds_until_it_ends() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let mut ids = IdMaker::new(now, 1);
        let (user, sign_in): (UserId, SignInId) = (ids.next(), ids.next());
        let (token, ends) = tokens(1).issue(user, sign_in, now).unwrap();
        let claims = tokens(1).read(&token, now).unwrap();
        assert_eq!((claims.sub, claims.sid), (user, sign_in));
        let last = ends - SignedDuration::from_secs(1);
        assert!(tokens(1).read(&token, last).is_ok());
        assert_eq!(tokens(1).read(&token, ends).unwrap_err().code(), Code::TokenExpired);
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let mut ids = IdMaker::new(now, 1);
        let (token, _) = tokens(1).issue(ids.next(), ids.next(), now).unwrap();
        assert_eq!(tokens(2).read(&token, now).unwrap_err().code(), Code::TokenInvalid);
        let parts: Vec<&str> = token.split('.').collect();
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
        for bad in [unsigned.as_str(), "", "a.b.c", token.get(..token.len() - 4).unwrap()] {
            assert_eq!(tokens(1).read(bad, now).unwrap_err().code(), Code::TokenInvalid, "{bad}");
        }
        // HS256 with the public key as its secret: the classic confusion.
        let claims = tokens(1).read(&token, now).unwrap();
        let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"x")).unwrap();
        assert_eq!(tokens(1).read(&confused, now).unwrap_err().code(), Code::TokenInvalid);
    }
}
