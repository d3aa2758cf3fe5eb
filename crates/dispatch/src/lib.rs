//! Hand-offs to the systems of a team.
