from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.urls import include, path
from django.views.decorators.cache import cache_page
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from incidents.api import AlertViewSet
from incidents.views.search import SearchViewSet
from ports.api import (
    ContactPointViewSet,
    DeclarationViewSet,
    FacilityViewSet,
    PlannedLevelViewSet,
    PortActivityViewSet,
    PortDocumentViewSet,
    PortImportViewSet,
    PortViewSet,
    SecurityLevelViewSet,
)
from portsec.access import views as access
from portsec.access.api import MeViewSet
from portsec.access.api_organisation import MemberViewSet, ServiceTokenViewSet
from portsec.access.api_proposals import ProposalViewSet
from portsec.access.api_regions import OrganisationViewSet, RegionViewSet
from portsec.access.middleware import opens_no_context
from portsec.delivery.api import DeliveryViewSet
from portsec.delivery.check_api import CommunicationsCheckViewSet
from portsec.delivery.policy_api import EscalationPolicyViewSet
from portsec.delivery.webhook_api import WebhookViewSet
from portsec.demo import mail
from portsec.face import views as face
from portsec.journal import views as journal
from portsec.journal.api import ChangeViewSet
from portsec.journal.audit_api import AuditLogViewSet

router = SimpleRouter()
router.register("regions", RegionViewSet, "region")
router.register("organisations", OrganisationViewSet, "organisation")
router.register("region-proposals", ProposalViewSet, "region-proposal")
router.register("ports", PortViewSet, "port")
router.register("port-imports", PortImportViewSet, "port-import")
router.register("port-facilities", FacilityViewSet, "port-facility")
router.register("port-activity", PortActivityViewSet, "port-activity")
router.register("port-documents", PortDocumentViewSet, "port-document")
router.register("contact-points", ContactPointViewSet, "contact-point")
router.register("declarations", DeclarationViewSet, "declaration")
router.register("security-levels", SecurityLevelViewSet, "security-level")
router.register("planned-levels", PlannedLevelViewSet, "planned-level")
router.register("alerts", AlertViewSet, "alert")
router.register("deliveries", DeliveryViewSet, "delivery")
router.register("communications-checks", CommunicationsCheckViewSet, "communications-check")
router.register("escalation-policies", EscalationPolicyViewSet, "escalation-policy")
router.register("members", MemberViewSet, "member")
router.register("service-tokens", ServiceTokenViewSet, "service-token")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("changes", ChangeViewSet, "change")
router.register("audit-log", AuditLogViewSet, "audit-log")
router.register("search", SearchViewSet, "search")

api = [
    path("me/", MeViewSet.as_view({"get": "show"}), name="me"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # Swagger UI brings a style of its own in its page.
    path("docs/", csp_update({"style-src": [UNSAFE_INLINE]})(SpectacularSwaggerSplitView.as_view()), name="docs"),
    *router.urls,
]

urlpatterns = [
    path("", include("incidents.urls")),
    path("", include("ports.urls")),
    path("", include("portsec.live.urls")),
    path("", include("portsec.access.urls")),
    path("", include("portsec.delivery.urls")),
    path("switch/", access.switch_organisation, name="switch_organisation"),
    path("theme/", access.set_theme, name="set_theme"),
    path("roles/", access.roles, name="roles"),
    path("audit/", journal.audit_log, name="audit_log"),
    path("account/you/", access.account, name="account"),
    path("account/", include("allauth.urls")),
    path("api/v1/", include(api)),
    path("js-texts/", opens_no_context(cache_page(3600)(JavaScriptCatalog.as_view())), name="javascript_catalog"),
]
if settings.DEMO:
    urlpatterns += [
        path("style/", face.style, name="style"),
        path("demo/mail/", mail.demo_mail, name="demo_mail"),
    ]

handler400 = "portsec.errors.bad_request"
handler403 = "portsec.errors.permission_denied"
handler404 = "portsec.errors.not_found"
handler500 = "portsec.errors.server_error"
