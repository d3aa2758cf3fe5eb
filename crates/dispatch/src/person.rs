//! The customer as other systems ask for them.

use lettre::Address;
use support::Packet;

/// The customer's e-mail address, when a reply can be sent to it. Others are left to the text of the packet, where a
/// person may see what was meant.
pub(crate) fn email(packet: &Packet) -> Option<Address> {
    let text = packet.contact.email.as_deref()?;
    // Quoted local parts may hold anything, line ends among it, and no customer has one.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains('"');
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The caller's own id of the customer, or the packet's: it stands for a customer nothing is known of.
pub(crate) fn external_id(packet: &Packet) -> &str {
    packet
        .customer
        .as_ref()
        .and_then(|customer| customer.id.as_deref())
        .filter(|id| !id.is_empty())
        .unwrap_or(&packet.id)
}

/// Whether the caller knows the customer to be who they say.
pub(crate) fn is_signed_in(packet: &Packet) -> bool {
    packet
        .customer
        .as_ref()
        .and_then(|customer| customer.signed_in)
        .unwrap_or(false)
}
