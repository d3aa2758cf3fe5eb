//! Many help centers in one process, behind one listener.
//!
//! request → whose it is, by its path (`/t/<name>/…`) or its host → the routes of that help center, which know of no other
//! → reply. Each help center is an [`AppState`] of its own: index, settings, keys, store, limits, availability, memory
//! of answers and counts. They share the threads, the models, and nothing that holds a text.
//!
//! What is of no help center is the deployment's: whether the process lives and is ready, and the metrics of all.
//! Whoever asks for a help center that is not there learns nothing of those that are.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::Arc,
};

use answer::Engine;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Uri, header, uri::PathAndQuery},
    response::Response,
};
use support::SupportConfig;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use crate::{
    Access, AppState, LoadError, Loader, Machine, ServeError, ServerConfig, check_tenants,
    config::HostName, router,
};

mod failed;
mod name;
mod operation;

pub use failed::FailedTenant;
pub use name::{InvalidTenantName, TenantName};

/// What the address of a help center begins with.
const FOLDER: &str = "/t/";

/// Which help center, and by which names of hosts it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub name: TenantName,
    /// Its hosts; without any it is asked below its path alone.
    pub hosts: Vec<HostName>,
}

/// Where the routes of a help center begin for who sent a request: `/t/acme`.
#[derive(Debug, Clone)]
pub(crate) struct Prefix(pub(crate) String);

/// The states of all help centers, for routes that tell of all.
#[derive(Debug, Clone)]
struct Tenants {
    served: Arc<[AppState]>,
    /// Those whose settings are wrong.
    failed: Arc<[AppState]>,
}

/// Several help centers. Clones share everything.
#[derive(Debug, Clone)]
pub struct Deployment(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    own: AppState,
    own_routes: Router,
    states: Arc<[AppState]>,
    failed: Arc<[AppState]>,
    routes: BTreeMap<TenantName, Router>,
    hosts: HashMap<HostName, TenantName>,
}

/// Whose a request is.
#[derive(Debug, PartialEq, Eq)]
enum Whose<'r> {
    /// A help center's; `rest` is the path behind its own, where it was asked below that.
    Tenant {
        name: &'r TenantName,
        rest: Option<&'r str>,
    },
    /// A help center's path without the stroke at its end, behind which addresses are relative.
    Folder,
    /// Nobody's, or the deployment's.
    Nobody,
}

/// The deployment itself has no index.
struct NoIndex;

impl Loader for NoIndex {
    fn current_id(&self) -> Option<String> {
        None
    }

    fn load(&self) -> Result<Arc<Engine>, LoadError> {
        Err("a deployment of several help centers has no index of its own".into())
    }
}

impl Deployment {
    /// The help centers of `states`, each made by [`AppState::of_tenant`] on `machine`, and those that `failed`, which only
    /// tell that they are not served. `config` says how the process listens, and `access` who may see the metrics of all.
    pub fn new(
        config: ServerConfig,
        machine: &Machine,
        access: Access,
        states: Vec<AppState>,
        failed: Vec<FailedTenant>,
    ) -> Self {
        let config = ServerConfig {
            // Pages of other sites have nothing to ask of it.
            allowed_origins: Vec::new(),
            ..config
        };
        let loader = Arc::new(NoIndex);
        let own = AppState::on(machine, None, config, SupportConfig::default(), loader);
        own.protect(access);
        let failed: Vec<AppState> = failed.into_iter().map(|of| of.state(machine)).collect();
        own.metrics().look_at_failed(failed.len());
        let mut routes = BTreeMap::new();
        let mut hosts = HashMap::new();
        let mut lead = |state: &AppState, to: Router| {
            let Some(tenant) = state.tenant() else {
                return;
            };
            routes.entry(tenant.name.clone()).or_insert(to);
            for host in &tenant.hosts {
                hosts
                    .entry(host.clone())
                    .or_insert_with(|| tenant.name.clone());
            }
        };
        for state in &states {
            lead(state, router(state.clone()));
        }
        // After those that are served, from whom they take nothing.
        for state in &failed {
            lead(state, failed::routes(state));
        }
        let (states, failed): (Arc<[_]>, Arc<[_]>) = (states.into(), failed.into());
        let tenants = Tenants {
            served: Arc::clone(&states),
            failed: Arc::clone(&failed),
        };
        let own_routes = operation::routes(&own, tenants);
        Self(Arc::new(Inner {
            own,
            own_routes,
            states,
            failed,
            routes,
            hosts,
        }))
    }

    /// Settings of the process.
    pub(crate) fn config(&self) -> &ServerConfig {
        self.0.own.config()
    }

    /// All help centers that are served.
    pub(crate) fn states(&self) -> &[AppState] {
        &self.0.states
    }

    /// Refuses an address others can reach while somebody needs no key.
    ///
    /// # Errors
    /// [`ServeError::WithoutKeys`] with all who need none.
    pub(crate) fn check_address(&self, address: SocketAddr) -> Result<(), ServeError> {
        let without = self.states().iter().filter(|state| !state.has_keys());
        let without: Vec<&TenantName> = without
            .filter_map(|state| Some(&state.tenant()?.name))
            .collect();
        check_tenants(address, self.0.own.has_keys(), &without)
    }

    /// All routes. Needs no socket: tests call it as a function.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// Whose `request` is. A path names a help center, and so does a host; where both do, they must agree, so that what is
    /// let in at one name leads to no other.
    fn whose<'r>(&'r self, request: &'r Request) -> Whose<'r> {
        let by_host = host(request).and_then(|host| self.0.hosts.get(&host));
        let Some(below) = request.uri().path().strip_prefix(FOLDER) else {
            return by_host.map_or(Whose::Nobody, |name| Whose::Tenant { name, rest: None });
        };
        let end = below.find('/').unwrap_or(below.len());
        let (name, rest) = below.split_at(end);
        match self.0.routes.get_key_value(name) {
            Some((name, _)) if by_host.is_some_and(|of_host| of_host != name) => Whose::Nobody,
            Some(_) if rest.is_empty() => Whose::Folder,
            Some((name, _)) => Whose::Tenant {
                name,
                rest: Some(rest),
            },
            None => Whose::Nobody,
        }
    }
}

/// The host a request names: in its target, which then counts (RFC 9112, section 3.2.2), or in its one `Host` header.
/// What proxies say of another host is not looked at: whoever could make it up would choose whose articles are read.
fn host(request: &Request) -> Option<HostName> {
    if let Some(authority) = request.uri().authority() {
        return HostName::of_header(authority.as_str());
    }
    let mut values = request.headers().get_all(header::HOST).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => HostName::of_header(value.to_str().ok()?),
        _ => None,
    }
}

async fn serve(State(deployment): State<Deployment>, mut request: Request) -> Response {
    let inner = &deployment.0;
    let (name, rest) = match deployment.whose(&request) {
        Whose::Tenant { name, rest } => (name.clone(), rest.map(str::to_owned)),
        Whose::Folder => {
            let to = folder_of(request.uri());
            request.extensions_mut().insert(operation::Folder(to));
            return call(&inner.own_routes, request).await;
        }
        Whose::Nobody => return call(&inner.own_routes, request).await,
    };
    let mut all = inner.states.iter().chain(&*inner.failed);
    let state = all.find(|state| state.tenant().is_some_and(|tenant| tenant.name == name));
    let (Some(routes), Some(state)) = (inner.routes.get(&name), state) else {
        return call(&inner.own_routes, request).await;
    };
    let prefix = match rest {
        None => None,
        Some(rest) => {
            // A part of a path is a path.
            let Some(uri) = with_path(request.uri(), &rest) else {
                return call(&inner.own_routes, request).await;
            };
            *request.uri_mut() = uri;
            let prefix = format!("{FOLDER}{name}");
            request.extensions_mut().insert(Prefix(prefix.clone()));
            Some(prefix)
        }
    };
    let mut response = call(routes, request).instrument(state.span()).await;
    if let Some(prefix) = prefix {
        below(&prefix, &mut response);
    }
    response
}

async fn call(routes: &Router, request: Request) -> Response {
    match routes.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// `uri` with another path.
fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

/// Where a help center's page is, for who left the stroke at the end of its path out.
fn folder_of(uri: &Uri) -> String {
    let query = uri.query().map(|query| format!("?{query}"));
    format!("{}/{}", uri.path(), query.unwrap_or_default())
}

/// Has a reply name its places below `prefix`, where its reader finds them.
fn below(prefix: &str, response: &mut Response) {
    let place = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .filter(|place| place.starts_with('/'))
        .and_then(|place| HeaderValue::from_str(&format!("{prefix}{place}")).ok());
    if let Some(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
}
