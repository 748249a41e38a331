from django.urls import path

from consent.views import bulk, contact, correction, flag_list, flag_review, hold, reply, write_back

app_name = "consent"
urlpatterns = [
    path("review/", flag_list.flag_list, name="flag_list"),
    path("review/next", flag_list.flag_next, name="flag_next"),
    path("review/bulk", bulk.flag_bulk, name="flag_bulk"),
    path("review/bulk/apply", bulk.flag_bulk_apply, name="flag_bulk_apply"),
    path("review/<key:pk>/", flag_review.flag_review, name="flag_review"),
    path("review/<key:pk>/preview", flag_review.flag_preview, name="flag_preview"),
    path("review/<key:pk>/assign", flag_list.flag_assign, name="flag_assign"),
    path("review/<key:pk>/snooze", flag_list.flag_snooze, name="flag_snooze"),
    path("review/<key:pk>/comment", flag_list.flag_comment, name="flag_comment"),
    path("replies/", reply.reply_list, name="reply_list"),
    path("replies/next", reply.reply_next, name="reply_next"),
    path("replies/<key:pk>/", reply.reply_review, name="reply_review"),
    path("replies/<key:pk>/answer", reply.reply_answer, name="reply_answer"),
    path("contacts/", contact.contact_list, name="contact_list"),
    path("contacts/<key:number_pk>/", contact.contact, name="contact"),
    path("contacts/<key:number_pk>/log", contact.contact_log, name="contact_log"),
    path("contacts/<key:number_pk>/start/<slug:program>", contact.contact_start, name="contact_start"),
    path("corrections/", correction.correction_list, name="correction_list"),
    path("corrections/<key:pk>/", correction.correction, name="correction"),
    path("corrections/<key:pk>/approve", correction.correction_approve, name="correction_approve"),
    path("corrections/<key:pk>/refuse", correction.correction_refuse, name="correction_refuse"),
    path("corrections/<key:pk>/undo", correction.correction_undo, name="correction_undo"),
    path("corrections/<key:pk>/proof", correction.correction_proof, name="correction_proof"),
    path("write-backs/", write_back.write_back_list, name="write_back_list"),
    path("write-backs/<slug:slug>/", write_back.write_backs, name="write_backs"),
    path("write-backs/<slug:slug>/hand-over", write_back.write_backs_hand_over, name="write_backs_hand_over"),
    path(
        "write-backs/<slug:slug>/files/<slug:program>/<key:moment>.csv",
        write_back.write_backs_file,
        name="write_backs_file",
    ),
    path("write-backs/row/<key:pk>/by-hand", write_back.write_back_by_hand, name="write_back_by_hand"),
    path("holds/", hold.hold_list, name="hold_list"),
]
