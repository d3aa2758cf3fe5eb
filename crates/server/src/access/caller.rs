//! One caller, as routes see it: whose words about customers and subjects count, and who may see a hand-off.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    Problem, ProblemKind,
    dto::Customer,
    keys::{KeyRecord, Scope},
    limits::Share,
    tokens::Claims,
};

/// Who sent a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    who: Who,
    share: Option<Share>,
}

/// How they are known.
#[derive(Debug, Clone)]
pub(super) enum Who {
    /// There are no keys: whoever can connect may do everything.
    Anyone,
    /// There are keys, and none was needed.
    Stranger,
    /// By a key.
    Key { id: String, scope: Scope },
    /// By a token.
    Token(Arc<Claims>),
}

impl Caller {
    fn new(who: Who) -> Self {
        Self { who, share: None }
    }

    pub(crate) fn anyone() -> Self {
        Self::new(Who::Anyone)
    }

    pub(super) fn stranger() -> Self {
        Self::new(Who::Stranger)
    }

    pub(super) fn with_key(key: &KeyRecord) -> Self {
        Self::new(Who::Key {
            id: key.id.clone(),
            scope: key.scope,
        })
    }

    pub(crate) fn with_token(claims: Claims) -> Self {
        Self::new(Who::Token(Arc::new(claims)))
    }

    pub(super) fn who(&self) -> &Who {
        &self.who
    }

    pub(super) fn set_share(&mut self, share: Share) {
        self.share = Some(share);
    }

    /// Whose share of a queue this caller's work takes; `None` when callers are not told apart.
    pub(crate) fn share(&self) -> Option<Share> {
        self.share
    }

    /// Whether there are no keys.
    pub(crate) fn is_anyone(&self) -> bool {
        matches!(self.who, Who::Anyone)
    }

    /// What it may; `None` for nothing that needs a key.
    pub(super) fn scope(&self) -> Option<Scope> {
        match &self.who {
            Who::Anyone => Some(Scope::Admin),
            Who::Stranger => None,
            Who::Key { scope, .. } => Some(*scope),
            Who::Token(_) => Some(Scope::Widget),
        }
    }

    /// The key it is known by.
    pub(crate) fn key(&self) -> Option<&str> {
        match &self.who {
            Who::Key { id, .. } => Some(id),
            _ => None,
        }
    }

    /// What the token says it is known by.
    pub(crate) fn token(&self) -> Option<&Claims> {
        match &self.who {
            Who::Token(claims) => Some(claims),
            _ => None,
        }
    }

    /// Whether its words about customers and subjects are believed.
    fn is_believed(&self) -> bool {
        self.scope() >= Some(Scope::Backend)
    }

    /// Settles who asks and about what. A believed caller's words stand. A token's customer is put in, and its subject
    /// of the id that is named; from a browser nothing else is taken.
    ///
    /// # Errors
    /// A problem that names the field that may not be sent.
    pub(crate) fn settle(
        &self,
        customer: &mut Option<Customer>,
        subject: &mut Option<Value>,
    ) -> Result<(), Problem> {
        if self.is_believed() {
            return Ok(());
        }
        if customer.is_some() {
            return Err(refused(
                "customer",
                "a browser may not say who its customer is; send a token made for the customer, or a key of scope `backend`",
            ));
        }
        let Some(claims) = self.token().filter(|claims| claims.key.is_some()) else {
            return match subject {
                Some(_) => Err(refused(
                    "subject",
                    "a browser may not say what is so; send a token made with the subject, or a key of scope `backend`",
                )),
                None => Ok(()),
            };
        };
        customer.clone_from(&claims.customer);
        if let Some(named) = subject {
            *subject = Some(named_subject(named, &claims.subjects)?.clone());
        }
        Ok(())
    }

    /// Whose the hand-offs of this caller are, for `customer`; `None` when callers are not told apart.
    pub(crate) fn owner(&self, customer: Option<&Customer>) -> Option<String> {
        let of_customer = || Some(format!("customer:{}", customer?.id.as_deref()?));
        match &self.who {
            Who::Anyone | Who::Stranger => None,
            Who::Key { id, scope } => of_customer()
                .filter(|_| *scope >= Scope::Backend)
                .or_else(|| Some(format!("key:{id}"))),
            Who::Token(claims) => Some(owner_of(claims)),
        }
    }

    /// Whether a hand-off of `owner` may be seen.
    pub(crate) fn may_see(&self, owner: Option<&str>) -> bool {
        match &self.who {
            _ if self.is_believed() => true,
            Who::Key { id, .. } => owner.and_then(|owner| owner.strip_prefix("key:")) == Some(id),
            Who::Token(claims) => owner == Some(&*owner_of(claims)),
            Who::Anyone | Who::Stranger => false,
        }
    }
}

fn owner_of(claims: &Claims) -> String {
    match claims.customer_id() {
        Some(id) => format!("customer:{id}"),
        None => format!("session:{}", claims.jti),
    }
}

/// The subject of a token that a request names: by its id, and nothing that could say otherwise.
fn named_subject<'s>(named: &Value, subjects: &'s [Value]) -> Result<&'s Value, Problem> {
    let fields = named
        .as_object()
        .ok_or_else(|| refused("subject", "name a subject of the token: `{\"id\":\"…\"}`"))?;
    if let Some(field) = fields.keys().find(|key| *key != "id" && *key != "kind") {
        return Err(refused(
            &format!("subject.{field}"),
            "a browser names a subject by its `id` only; the rest is the token's",
        ));
    }
    let unknown = || refused("subject.id", "no subject of the token has this id");
    let id = fields.get("id").ok_or_else(unknown)?;
    let subject = subjects
        .iter()
        .find(|subject| subject.get("id") == Some(id))
        .ok_or_else(unknown)?;
    match fields.get("kind") {
        Some(kind) if subject.get("kind") != Some(kind) => Err(unknown()),
        _ => Ok(subject),
    }
}

fn refused(field: &str, why: &str) -> Problem {
    Problem {
        kind: ProblemKind::ContextNotAllowed,
        ..Problem::field(field, why)
    }
}
