import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

application = get_wsgi_application()
# All pages are loaded before the first caller comes, who would wait seconds for it: a provider waits for no longer.
_ = get_resolver().url_patterns
