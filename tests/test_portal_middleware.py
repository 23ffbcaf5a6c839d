"""What every request passes before any view: the encoding of forms."""

import pytest

ODD = '--b\r\nContent-Disposition: form-data; name="login"\r\n\r\n\\ud83d\r\n--b--\r\n'


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["raw_unicode_escape", "unicode_escape", "utf-7", "latin-1", "utf-16"])
@pytest.mark.parametrize("path", ["/login/", "/invitations/new/", "/hooks/mail/", "/guest/x/decline/"])
def test_a_form_in_another_encoding_is_refused(client, path, charset):
    answer = client.post(
        path, ODD.encode(), content_type=f"multipart/form-data; boundary=b; charset={charset}"
    )
    assert answer.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-8", "UTF-8"])
def test_utf_8_is_read(client, charset):
    answer = client.post(
        "/login/", b"login=x", content_type=f"application/x-www-form-urlencoded; charset={charset}"
    )
    assert answer.status_code == 200
