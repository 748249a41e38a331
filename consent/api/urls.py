from django.urls import path

from consent.api import consent_records, contacts, send_checks, suppressions

urlpatterns = [
    path("send-checks", send_checks.send_checks, name="send_checks"),
    path("contacts/<str:number>/consent", contacts.contact_consent, name="contact_consent"),
    path("consent-records", consent_records.consent_records, name="consent_records"),
    path("suppressions", suppressions.suppressions, name="suppressions"),
]
