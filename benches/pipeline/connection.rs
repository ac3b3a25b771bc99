//! HTTP/1.1 on a raw socket with keep-alive: as little as both ends of this benchmark need.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;

use tokio::net::TcpStream;

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    /// Bytes of the message that was given out last.
    taken: usize,
}

/// Where head and body of a message lie in [`Connection::bytes`].
pub struct Message {
    pub head: Range<usize>,
    pub body: Range<usize>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        Self::new(TcpStream::connect(address).await?)
    }

    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 2048], filled: 0, taken: 0 })
    }

    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    pub async fn send(&self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next whole message; `None` when the other end has closed.
    pub async fn next(&mut self) -> io::Result<Option<Message>> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        loop {
            if let Some(message) = self.buffer.get(..self.filled).and_then(whole_message) {
                self.taken = message.body.end;
                return Ok(Some(message));
            }
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.filled * 2, 0);
            }
            match self.stream.try_read(self.buffer.get_mut(self.filled..).unwrap_or_default()) {
                Ok(0) => return Ok(None),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.readable().await?,
                Err(error) => return Err(error),
            }
        }
    }
}

fn whole_message(bytes: &[u8]) -> Option<Message> {
    let head = find(bytes, b"\r\n\r\n")? + 4;
    let length = after(bytes.get(..head)?, b"content-length: ").and_then(number).unwrap_or(0);
    let end = head + usize::try_from(length).ok()?;
    (end <= bytes.len()).then_some(Message { head: 0..head, body: head..end })
}

pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// What follows the first `what`.
pub fn after<'a>(bytes: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    bytes.get(find(bytes, what)? + what.len()..)
}

/// The decimal number that `bytes` begin with.
pub fn number(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    let mut any = false;
    let value = digits.fold(0_u64, |value, digit| {
        any = true;
        value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))
    });
    any.then_some(value)
}
