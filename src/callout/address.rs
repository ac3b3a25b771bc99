//! Which IP addresses a flow may call: those of the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address is not of the public internet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must not be called: it is {kind} (see the setting `callouts.allow_private`)")]
pub struct Refused {
    what: String,
    kind: &'static str,
}

impl Refused {
    /// The same, for a name that stands for the address. Which address it is stays untold.
    pub fn named(name: &str, refused: &Self) -> Self {
        Self { what: format!("`{name}`"), kind: refused.kind }
    }
}

/// Lets the addresses of the public internet through.
pub fn check(ip: IpAddr) -> Result<(), Refused> {
    let kind = match ip {
        IpAddr::V4(v4) => refused_v4(v4),
        IpAddr::V6(v6) => refused_v6(v6),
    };
    kind.map_or(Ok(()), |kind| Err(Refused { what: format!("`{ip}`"), kind }))
}

const LOOPBACK: &str = "this machine";
const PRIVATE: &str = "of a private network";
const LINK: &str = "of this link only, where clouds keep their metadata";
const SPECIAL: &str = "of a special range";

fn refused_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [127, ..] | [0, ..] => Some(LOOPBACK),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Some(PRIVATE),
        [169, 254, ..] => Some(LINK),
        // IETF protocols, documentation, 6to4 relays, benchmarks, multicast, reserved, broadcast.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] | [224..=255, ..] => {
            Some(SPECIAL)
        }
        _ => None,
    }
}

fn refused_v6(ip: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = carried_v4(ip) {
        // `::1` and `::` are of this form too: 0.0.0.1 and 0.0.0.0.
        return refused_v4(inner);
    }
    match ip.segments() {
        [0xfc00..=0xfdff, ..] => Some(PRIVATE),
        [0xfe80..=0xfebf, ..] => Some(LINK),
        [0xfec0..=0xfeff, ..] => Some(PRIVATE),
        // Local NAT64, discard, Teredo and other protocols, documentation, segment routing, multicast.
        [0x64, 0xff9b, 1, ..] | [0x100, 0, ..] | [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..] | [0x5f00, ..] => {
            Some(SPECIAL)
        }
        [0xff00..=0xffff, ..] => Some(SPECIAL),
        _ => None,
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64, 6to4.
fn carried_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_let_through() {
        let refused = "\
            127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 \
            169.254.169.254 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 \
            224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.1.2.3 \
            ::ffff:a9fe:a9fe ::7f00:1 ::ffff:0:7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 2002:7f00:1::1 \
            2002:c0a8:101:: 2001::1 2001:db8::1 100::1 fc00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 ff02::1 3fff::1 \
            5f00::1";
        for text in refused.split_whitespace() {
            assert!(check(text.parse().unwrap()).is_err(), "{text}");
        }
        let allowed = "\
            1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 198.17.0.1 223.255.255.255 \
            2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1 2001:200::1";
        for text in allowed.split_whitespace() {
            assert!(check(text.parse().unwrap()).is_ok(), "{text}");
        }
    }
}
