//! What tests share: servers, clocks, databases.
