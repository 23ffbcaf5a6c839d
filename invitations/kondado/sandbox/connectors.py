"""The connectors the stand-in lists: real names, few of them with real ids.

Only 20, 76 and 92 are documented ids. All others count up from 900001, so that nobody takes them for real ones.
"""

from typing import NamedTuple

ENGLISH = "https://kondado.io/wiki/en/a/"
PORTUGUESE = "https://kondado.com.br/wiki/"
FIRST_INVENTED_ID = 900_001


class Known(NamedTuple):
    """A connector by name; `tutorial` is the address of its page, where one has been seen."""

    name: str
    tutorial: str | None = None
    kondado_id: int | None = None


SOURCES = (
    Known("55PBX"),
    Known("ActiveCampaign", ENGLISH + "activecampaign"),
    Known("Api4com"),
    Known("Apple App Store"),
    Known("ASAAS"),
    Known("Azure Table Storage"),
    Known("BigQuery", ENGLISH + "bigquery", 20),
    Known("Bitrix24 CRM"),
    Known("Bling!"),
    Known("Blip (Take)"),
    Known("Brasil.io"),
    Known("ClickUp", None, 92),
    Known("Clockify"),
    Known(
        "ContaAzul", PORTUGUESE + "2019/10/18/adicionando-o-conector-do-contaazul-na-plataforma-da-kondado"
    ),
    Known("Criteo"),
    Known("E-goi"),
    Known("EADBOX"),
    Known("Exact Sales"),
    Known("Facebook"),
    Known("Fatura Simples"),
    Known("Freshdesk"),
    Known("FTP"),
    Known("Google Ads"),
    Known("Google Analytics 4 (GA4)"),
    Known("Google Cloud Storage"),
    Known("Google Play Store"),
    Known("Google Search Console"),
    Known("Google Sheets"),
    Known("Granatum"),
    Known("Hi Platform"),
    Known("Hotmart"),
    Known("HubSpot"),
    Known("Huggy"),
    Known("Infusionsoft (Keap)"),
    Known("Instagram"),
    Known("Jira"),
    Known("Kondado", ENGLISH + "kondado"),
    Known("LinkedIn"),
    Known("Loja Integrada", PORTUGUESE + "2025/04/09/loja-integrada"),
    Known("MailChimp"),
    Known("Mandrill"),
    Known("Meetime"),
    Known("Mercado Livre"),
    Known("Microsoft Advertising (Bing)"),
    Known("monday.com", PORTUGUESE + "monday-com"),
    Known("MongoDB"),
    Known("Movidesk", PORTUGUESE + "movidesk"),
    Known("MySQL"),
    Known("NectarCRM", PORTUGUESE + "2023/05/14/nectarcrm"),
    Known("Omie"),
    Known("Pipedrive", ENGLISH + "pipedrive"),
    Known("Ploomes", PORTUGUESE + "ploomes"),
    Known("PostgreSQL"),
    Known("Pushwoosh"),
    Known("RD Station", ENGLISH + "rdstation"),
    Known("RD Station CRM", ENGLISH + "rdstation-crm"),
    Known("Salesforce"),
    Known("Salesforce Marketing Cloud", ENGLISH + "salesforce-marketing-cloud", 76),
    Known("SenseData", PORTUGUESE + "2021/08/16/sensedata"),
    # Kondado's own set-up address has 96 in it; that this is Shopify's id is a guess, so it is not used.
    Known("Shopify", ENGLISH + "shopify"),
    Known("TikTok Ads", PORTUGUESE + "2023/10/18/tiktok-ads"),
    Known("Toggl"),
    Known("Tray Corp by FBits", ENGLISH + "tray-corp"),
    Known("VNDA", PORTUGUESE + "2021/06/15/vnda"),
    Known("VTEX", ENGLISH + "vtex"),
    Known("Zendesk", ENGLISH + "zendesk"),
)
DESTINATIONS = (
    # The page's address is cut off where it was seen ("dest-bigqu"); the end of it is a guess.
    Known("BigQuery", ENGLISH + "dest-bigquery", 20),
    Known("BigQuery (Service Account)"),
    Known("Excel", ENGLISH + "dest-excel"),
    Known("Google Sheets", ENGLISH + "dest-google-sheets"),
    Known("Microsoft SQL Server"),
    Known("MySQL"),
    Known("MySQL SSH"),
    Known("PostgreSQL"),
    Known("PostgreSQL SSH", ENGLISH + "postgresql-ssh"),
    Known("Redshift"),
    Known("Redshift SSH"),
    Known("S3", PORTUGUESE + "2020/11/03/adicionando-o-s3-como-destino-na-plataforma-da-kondado"),
    Known("Via Kondado", ENGLISH + "via-kondado"),
)
