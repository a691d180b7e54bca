//! Tables and sentences made from plain data.
