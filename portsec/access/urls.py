from django.urls import path

from portsec.access.views import invitations, members, openid, second_factor, sign_in, tokens

urlpatterns = [
    path("organisation/", members.organisation, name="organisation"),
    path("organisation/invite/", members.invite, name="organisation_invite"),
    path("organisation/people/<uuid:pk>/", members.member_detail, name="member_detail"),
    path("organisation/people/<uuid:pk>/role/", members.member_role, name="member_role"),
    path("organisation/people/<uuid:pk>/hand-over/", members.member_hand_over, name="member_hand_over"),
    path("organisation/people/<uuid:pk>/deactivate/", members.member_deactivate, name="member_deactivate"),
    path("organisation/people/<uuid:pk>/reactivate/", members.member_reactivate, name="member_reactivate"),
    path("organisation/invitations/<uuid:pk>/send/", members.invitation_again, name="invitation_again"),
    path("organisation/invitations/<uuid:pk>/withdraw/", members.invitation_withdraw, name="invitation_withdraw"),
    path("organisation/sign-in/", sign_in.sign_in_rules, name="sign_in_rules"),
    path("organisation/sign-in/second-factor/", sign_in.sign_in_factor, name="sign_in_factor"),
    path("organisation/sign-in/passwords/", sign_in.sign_in_passwords, name="sign_in_passwords"),
    path("organisation/sign-in/provider/", sign_in.sign_in_provider, name="sign_in_provider"),
    path("organisation/sign-in/provider/test/", sign_in.sign_in_test, name="sign_in_test"),
    path("organisation/sign-in/provider/remove/", sign_in.sign_in_remove, name="sign_in_remove"),
    path("second-factor/", second_factor.second_factor, name="second_factor"),
    path("sign-in/organisation/", openid.openid_start, name="openid_start"),
    path("sign-in/organisation/<uuid:pk>/", openid.openid_callback, name="openid_callback"),
    path("organisation/tokens/", tokens.token_list, name="token_list"),
    path("organisation/tokens/new/", tokens.token_create, name="token_create"),
    path("organisation/tokens/<uuid:pk>/", tokens.token_detail, name="token_detail"),
    path("organisation/tokens/<uuid:pk>/secret/", tokens.token_secret, name="token_secret"),
    path("organisation/tokens/<uuid:pk>/rotate/", tokens.token_rotate, name="token_rotate"),
    path("organisation/tokens/<uuid:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/<str:secret>/", invitations.invitation, name="invitation"),
]
