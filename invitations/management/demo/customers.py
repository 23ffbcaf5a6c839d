"""Whom the agency invites, for what, and what both sides say: words of the demo, drawn by a seeded chance."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from invitations.models import DeclineKind
from invitations.typed.text import fold

COMPANIES = {
    "pt-br": (
        "Padaria Sol Nascente", "Livraria Ipê", "Clínica Vida Plena", "Móveis Jatobá", "Café Serra Azul",
        "Ótica Luar", "Pet Amigo", "Vinícola Dom Aurélio", "Academia Pulso", "Escola Girassol",
        "Farmácia Boa Hora", "Moda Sabiá", "Bicicletas Vento Sul", "Doces da Nair", "Construtora Pedra Alta",
        "Floricultura Jasmim", "Quitanda Verde", "Joalheria Lapidar", "Hotel Mirante", "Papelaria Colibri",
        "Cerâmica Barro Fino", "Laticínios Campo Claro", "Autopeças Rota 116", "Editora Maré", "Surf Maresias",
    ),
    "es": (
        "Café Quindío", "Librería El Puente", "Textiles Ayllu", "Bodega Los Nogales", "Clínica San Telmo",
        "Zapatería Andes", "Hostal Mirador", "Ferretería La Unión", "Panadería Aurora", "Óptica del Sur",
    ),
    "en": ("Harbour Coffee", "Northwind Outdoors", "Bluebird Books", "Oak & Iron"),
}  # fmt: skip
FIRST = {
    "pt-br": (
        "Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabriela", "Heitor", "Isabela", "João", "Karina",
        "Leandro", "Mariana", "Nelson", "Olívia", "Patrícia", "Renato", "Sônia", "Tiago", "Vanessa", "Wagner",
        "Yara", "Álvaro", "Débora", "Inês", "Mateus", "Luana", "Cauã", "Conceição", "Sérgio",
    ),
    "es": (
        "Andrés", "Beatriz", "Carolina", "Daniel", "Esteban", "Fernanda", "Gonzalo", "Inés", "Jimena", "Luciano",
        "María José", "Nicolás", "Pilar", "Raúl", "Sofía", "Tomás", "Valentina", "Ximena",
    ),
    "en": ("Alice", "Ben", "Chloe", "Daniel", "Emma", "George", "Hannah", "James", "Olivia", "Sam"),
}  # fmt: skip
LAST = {
    "pt-br": (
        "Souza", "Lima", "Nunes", "Alves", "Prado", "Reis", "Melo", "Dias", "Araújo", "Barbosa", "Cardoso",
        "Esteves", "Figueiredo", "Gonçalves", "Magalhães", "Monteiro", "Nogueira", "Pacheco", "Queiroz",
        "Ribeiro", "Sampaio", "Tavares", "Vasconcelos", "Assunção",
    ),
    "es": (
        "Acosta", "Bravo", "Castaño", "Díaz", "Escobar", "Fuentes", "Gutiérrez", "Ibáñez", "Medina", "Núñez",
        "Ortiz", "Peña", "Quispe", "Rojas", "Salazar", "Vega",
    ),
    "en": ("Baker", "Clarke", "Evans", "Foster", "Hughes", "Morgan", "Parker", "Reed", "Turner", "Walsh"),
}  # fmt: skip
# Connectors by name, each with how often it is asked for; those of a shop go together.
SOURCES = {
    "Google Ads": 12, "Facebook": 10, "Google Analytics 4 (GA4)": 11, "RD Station": 9, "HubSpot": 6, "Shopify": 6,
    "VTEX": 5, "Mercado Livre": 6, "TikTok Ads": 5, "Instagram": 6, "Pipedrive": 5, "Omie": 5, "Bling!": 4,
    "ContaAzul": 3, "Google Sheets": 5, "MailChimp": 3, "LinkedIn": 3, "Hotmart": 2, "Loja Integrada": 2,
    "Google Search Console": 3, "RD Station CRM": 3, "Salesforce": 2, "PostgreSQL": 2, "Zendesk": 2, "ASAAS": 1,
}  # fmt: skip
DESTINATIONS = {"BigQuery": 4, "Google Sheets": 3, "PostgreSQL": 2, "Excel": 1, "Redshift": 1}
TOGETHER = (
    ("Google Ads", "Google Analytics 4 (GA4)"),
    ("Facebook", "Instagram"),
    ("Shopify", "Google Analytics 4 (GA4)", "Facebook"),
    ("RD Station", "RD Station CRM"),
    ("VTEX", "Mercado Livre", "Omie"),
    ("Google Ads", "TikTok Ads", "LinkedIn"),
)
MESSAGES = {
    "pt-br": (
        "Oi! Como combinamos na reunião, é só abrir e autorizar. Qualquer dúvida, me chame.",
        "Precisamos deste acesso para montar o painel de vendas do trimestre.",
        "Leva dois minutos e ninguém precisa mandar senha. Obrigada!",
        "Se outra pessoa cuida disso na empresa, pode encaminhar por ali mesmo.",
    ),
    "es": (
        "Hola, como hablamos: solo hay que abrirlo y autorizar. Cualquier duda, aquí estoy.",
        "Necesitamos este acceso para el tablero de ventas del trimestre. ¡Gracias!",
    ),
    "en": ("As agreed on the call: open it, press Allow, done. Nobody has to send a password.",),
}
NO_WORDS: dict[DeclineKind, dict[str, tuple[str, ...]]] = {
    DeclineKind.WRONG_PERSON: {
        "pt-br": (
            "Quem cuida dos anúncios é a agência antiga, não tenho acesso.",
            "Saí do marketing em março; falem com o Renato, do comercial.",
        ),
        "es": ("Eso lo maneja mi socia, yo no tengo usuario.",),
        "en": ("Our finance team owns this, I have no login.",),
    },
    DeclineKind.CANNOT: {
        "pt-br": (
            "Sou só editora da conta e o Google pede um administrador.",
            "O TI bloqueou aplicativos de terceiros até a auditoria terminar.",
        ),
        "es": ("Me pide permisos de administrador y solo soy analista.",),
        "en": ("It asks for admin rights that I do not have.",),
    },
    DeclineKind.WILL_NOT: {
        "pt-br": (
            "Encerramos o contrato no fim do mês, então não faz mais sentido.",
            "Preferimos enviar a planilha toda segunda-feira.",
        ),
        "es": ("Por ahora preferimos no conectar la tienda.",),
        "en": ("We decided to keep reporting in house.",),
    },
}
SETTLED_WITH = "Vi no Kondado: o convite está lá, com a data de hoje."
SETTLED_WITHOUT = "Não há convite no Kondado com este nome."


@dataclass(frozen=True)
class Guest:
    """A customer's person who is asked."""

    name: str
    email: str
    language: str


class Customers:
    """Draws guests; the same address comes only once, so that each has one open invitation."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.known: set[str] = set()

    def somebody(self, language: str) -> Guest:
        """A guest who was not drawn before."""
        return self._new(lambda: f"{slug(self.chance.choice(COMPANIES[language]))}.example", language)

    def colleague(self, guest: Guest) -> Guest:
        """Somebody else of the guest's company."""
        return self._new(lambda: guest.email.rpartition("@")[2], guest.language)

    def _new(self, domain: Callable[[], str], language: str) -> Guest:
        while True:
            first, last = self.chance.choice(FIRST[language]), self.chance.choice(LAST[language])
            number = "" if len(self.known) < MANY else str(self.chance.randrange(2, 10_000))
            name, email = f"{first} {last}", f"{slug(first)}.{slug(last)}{number}@{domain()}"
            if email not in self.known and (len(self.known) > FEW or name not in self.known):
                self.known |= {email, name}
                return Guest(name, email, language)


# Names and addresses together: up to FEW no name comes twice, and from MANY on addresses bear a number.
FEW, MANY = 300, 4_000


def slug(text: str) -> str:
    """A name as it stands in an address."""
    return re.sub(r"[^a-z0-9]+", "", fold(text))
