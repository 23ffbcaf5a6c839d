"""First help texts: what a guest needs at hand, for connectors whose guides Kondado publishes.

Data, not behaviour. It only repeats what Kondado's pages say (https://kondado.io/wiki/en/a/<name> and
https://kondado.com.br/wiki/<name>), and never how many minutes it takes: nobody has measured that.
Each text has one thing a line. Administrators change them on the page of a connector; a seed never overwrites.
"""

from typing import NamedTuple


class Seed(NamedTuple):
    """Help for a connector known under any of `names` (folded) in one direction."""

    direction: str
    names: tuple[str, ...]
    needs: dict[str, str]


# What every guide tells account holders to do first, and what the guest's link has done already.
SKIP = {
    "src": {
        "pt-br": "Pule os passos que mandam entrar na Kondado, clicar em CRIAR + e escolher o conector: o link já fez isso.",
        "en": "Skip the steps that say to sign in to Kondado, press CREATE + and choose the source: the link has done that.",
        "es": "Omita los pasos que piden entrar en Kondado, pulsar CREATE + y elegir la fuente: el enlace ya lo hizo.",
    },
    "dest": {
        "pt-br": "Pule os passos que mandam entrar na Kondado, clicar em CRIAR + e escolher o destino: o link já fez isso.",
        "en": "Skip the steps that say to sign in to Kondado, press CREATE + and choose the destination: the link has done that.",
        "es": "Omita los pasos que piden entrar en Kondado, pulsar CREATE + y elegir el destino: el enlace ya lo hizo.",
    },
}


def _token(product: str) -> dict[str, str]:
    return {
        "pt-br": f"O token de acesso (API) do {product}",
        "en": f"The access token (API) of {product}",
        "es": f"El token de acceso (API) de {product}",
    }


SEEDS = (
    Seed(
        "src",
        ("pipedrive",),
        {
            "pt-br": "Um usuário administrador do Pipedrive\nO token de API pessoal desse usuário",
            "en": "An admin user of Pipedrive\nThe personal API token of that user",
            "es": "Un usuario administrador de Pipedrive\nEl token de API personal de ese usuario",
        },
    ),
    Seed(
        "src",
        ("zendesk",),
        {
            "pt-br": "O e-mail do proprietário ou de um administrador do Zendesk\nUm token de API\nO subdomínio da sua conta"
            "\nSe a conta restringe acessos por IP: os IPs da Kondado liberados",
            "en": "The email address of the owner or an admin of Zendesk\nAn API token\nThe subdomain of your account"
            "\nIf the account restricts access by IP address: Kondado’s addresses allowed",
            "es": "El correo del propietario o de un administrador de Zendesk\nUn token de API\nEl subdominio de su cuenta"
            "\nSi la cuenta restringe el acceso por IP: las IP de Kondado permitidas",
        },
    ),
    Seed(
        "src",
        ("vtex",),
        {
            "pt-br": "Um usuário master da VTEX\nO nome da conta (account name)\nA chave e o token de aplicação",
            "en": "A master user of VTEX\nThe account name\nThe application key and token",
            "es": "Un usuario master de VTEX\nEl nombre de la cuenta (account name)\nLa clave y el token de aplicación",
        },
    ),
    Seed(
        "src",
        ("shopify",),
        {
            "pt-br": "O proprietário da loja (owner) na Shopify\nUm app criado em Shopify Partners, com a chave secreta (client secret)"
            "\nO domínio da loja que termina em myshopify.com; outro não serve",
            "en": "The store owner at Shopify\nAn app made in Shopify Partners, with its client secret"
            "\nThe store’s domain that ends in myshopify.com; no other works",
            "es": "El propietario de la tienda (owner) en Shopify\nUna app creada en Shopify Partners, con su clave secreta (client secret)"
            "\nEl dominio de la tienda que termina en myshopify.com; otro no sirve",
        },
    ),
    Seed(
        "src",
        ("rd station", "rd station marketing", "rd station (marketing)"),
        {
            "pt-br": "Acesso à conta da empresa no RD Station Marketing, para autorizar a conexão",
            "en": "A sign-in to the company’s account at RD Station Marketing, to authorize the connection",
            "es": "Acceso a la cuenta de la empresa en RD Station Marketing, para autorizar la conexión",
        },
    ),
    Seed(
        "src",
        ("rd station crm",),
        {
            "pt-br": "Um usuário administrador do RD Station CRM\nO token desse usuário",
            "en": "An administrator of RD Station CRM\nThe token of that user",
            "es": "Un usuario administrador de RD Station CRM\nEl token de ese usuario",
        },
    ),
    Seed(
        "src",
        ("activecampaign", "active campaign"),
        {
            "pt-br": "A URL e a chave da API da sua conta no ActiveCampaign",
            "en": "The API URL and key of your ActiveCampaign account",
            "es": "La URL y la clave de la API de su cuenta de ActiveCampaign",
        },
    ),
    Seed(
        "src",
        ("contaazul", "conta azul"),
        {
            "pt-br": "Acesso à conta da empresa no ContaAzul, para autorizar a conexão"
            "\nEscolha bem a conta: esta conexão não pode ser autenticada de novo depois",
            "en": "A sign-in to the company’s account at ContaAzul, to authorize the connection"
            "\nChoose the account with care: this connection cannot be authenticated again later",
            "es": "Acceso a la cuenta de la empresa en ContaAzul, para autorizar la conexión"
            "\nElija bien la cuenta: esta conexión no se puede autenticar de nuevo después",
        },
    ),
    Seed(
        "src",
        ("tiktok ads",),
        {
            "pt-br": "Acesso ao TikTok Ads pelo menos como analista da conta de anúncios"
            "\nBloqueadores de anúncios e de pop-ups desligados: eles podem esconder o botão",
            "en": "A sign-in to TikTok Ads, at least as analyst of the ad account"
            "\nAd and pop-up blockers switched off: they may hide the button",
            "es": "Acceso a TikTok Ads, al menos como analista de la cuenta publicitaria"
            "\nBloqueadores de anuncios y de ventanas emergentes desactivados: pueden ocultar el botón",
        },
    ),
    Seed("src", ("monday.com", "monday"), _token("monday.com")),
    Seed("src", ("movidesk",), _token("Movidesk")),
    Seed("src", ("nectarcrm", "nectar crm"), _token("NectarCRM")),
    Seed("src", ("sensedata",), _token("SenseData")),
    Seed("src", ("vnda",), _token("VNDA")),
    Seed(
        "src",
        ("ploomes",),
        {
            "pt-br": "A chave de um usuário de integração do Ploomes",
            "en": "The key of an integration user of Ploomes",
            "es": "La clave de un usuario de integración de Ploomes",
        },
    ),
    Seed(
        "dest",
        ("google sheets",),
        {
            "pt-br": "Acesso à conta Google da empresa\nNa tela do Google, marque todas as permissões pedidas",
            "en": "A sign-in to the company’s Google account\nOn Google’s page, tick every permission asked for",
            "es": "Acceso a la cuenta de Google de la empresa\nEn la página de Google, marque todos los permisos pedidos",
        },
    ),
    Seed(
        "dest",
        ("excel", "microsoft excel"),
        {
            "pt-br": "Acesso à conta Microsoft da empresa\nNa tela da Microsoft, aceite todas as permissões pedidas",
            "en": "A sign-in to the company’s Microsoft account\nOn Microsoft’s page, accept every permission asked for",
            "es": "Acceso a la cuenta de Microsoft de la empresa\nEn la página de Microsoft, acepte todos los permisos pedidos",
        },
    ),
    Seed(
        "dest",
        ("postgresql ssh",),
        {
            "pt-br": "Do servidor de acesso (bastion): host, porta, usuário e arquivo PEM"
            "\nDo banco de dados: host, porta, usuário, senha, nome e schema"
            "\nO usuário do banco precisa de DROP, INSERT, CREATE, ALTER, SELECT e DELETE",
            "en": "Of the bastion: host, port, user and PEM file"
            "\nOf the database: host, port, user, password, name and schema"
            "\nThe database user needs DROP, INSERT, CREATE, ALTER, SELECT and DELETE",
            "es": "Del servidor de acceso (bastion): host, puerto, usuario y archivo PEM"
            "\nDe la base de datos: host, puerto, usuario, contraseña, nombre y esquema"
            "\nEl usuario de la base necesita DROP, INSERT, CREATE, ALTER, SELECT y DELETE",
        },
    ),
)
