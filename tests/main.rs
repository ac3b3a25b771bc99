//! The one integration-test binary: every topic is a module, so that the server is linked once.

mod support;
