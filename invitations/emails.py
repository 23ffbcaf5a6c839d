"""Hands one finished mail to Django's backend. Decides nothing."""

from django.core.mail import EmailMultiAlternatives


def deliver(*, to: str, subject: str, text: str, html: str = "") -> None:
    """Sends one mail to one person. Raises what the backend raises (SMTPException, OSError)."""
    mail = EmailMultiAlternatives(subject=subject, body=text, to=[to])
    if html:
        mail.attach_alternative(html, "text/html")
    mail.send()
