"""English: words that stand for each other, and what turns a request to stop round."""

from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

VOCABULARY = {
    "halt": "stop stops stopped stopping quit quitting cease ceasing discontinue discontinuing end halt desist refrain"
    " knock_off cut_out lay_off",
    "cancel": "cancel cancelling canceling terminate terminating deactivate disable disabling suspend kill ending",
    "texting": "texting messaging contacting spamming bothering harassing bugging pestering hounding bombarding flooding"
    " soliciting pinging notifying blasting disturbing annoying stalking emailing reaching_out reaching blowing_up"
    " hitting_me_up following_up scamming marketing trolling badgering nagging smsing",
    "text": "text message contact sms spam bother harass disturb annoy solicit bug notify email ping pester call write write_to"
    " reach_out_to text_or_call call_or_text",
    "msgs": "text texts message messages sms mms texting messaging msgs notifications notification alerts alert spam"
    " solicitations solicitation soliciting promos promo promotions ads advertisements adverts advertising marketing"
    " newsletter newsletters blasts mailings communication communications offers deals coupons updates reminders emails"
    " contact correspondence calls",
    "notices": "promo text texts message messages sms texting messaging notifications notification alerts alert promos"
    " promotions marketing newsletter newsletters ads spam solicitations solicitation advertisements contact communications communication reminders updates",
    "det": "anymore all any the these those this that your ur my such no further future more additional daily weekly random"
    " unwanted constant annoying stupid automated automatic promotional sales political campaign spam marketing of text"
    " with phone whole entire mailing prior previous express written any_more of_the of_these of_your all_of",
    "me": "me us this these here it our my_phone my_number my_cell my_line my_work_phone",
    "mine": "me us myself number my_number my_phone my_cell my_name my_info my_information my_contact my_digits my_data my_details"
    " my_phone_number my_contact_info my_email this_number this_phone this_phone_number this_cell this_line our_number"
    " our_numbers our_phone the_number me_and_my_number",
    "remove": "remove take get delete drop pull scrub erase strike cross scratch exclude omit withdraw unlist keep wipe"
    " purge release removed taken taking removing getting deleting dropping pulling scrubbing",
    "erase": "get_rid_of removing deleting erasing dropping remove delete lose loose throw shred forget erase scrub trash purge discard destroy drop toss clear unlist",
    "list": "list lists database databases system systems records rolodex contacts distribution directory roster text"
    " texts texting messages message messaging alerts thread chat group subscription service campaign file files"
    " everything communications notifications this these future call calling",
    "unwanted": "choose_not choose_to_not decided_not elect_not opt_not want_not dont_want dont_wish dont_need dont_care dont_like dont_desire didnt_want no_longer_want no_longer_wish"
    " no_longer_need no_longer_care no_longer_like no_longer_interested not_interested dont_ever_want never_want not_want"
    " not_wanting not_wish wouldnt_like rather_not prefer_not prefer_to_not dont_really_want dont_even_want refuse decline reject dont_agree"
    " no_desire no_interest never_asked didnt_ask not_like dont_want_to_keep",
    "told": "say said saying reply replied replying text texted texting sent send sending type typed typing wrote write"
    " responded told_you tell_you telling_you asked_you ask_you asking_you",
    "keyword": "stop unsubscribe stopall opt_out optout",
    "courteous": "please just kindly guys people all yall really now",
    "third": "he she they it doctor doc dr nurse boss mom dad wife husband sign sister brother coach teacher",
}

# "Don't stop", "I never unsubscribed", and stopping that concerns a third person.
NEGATED = phrases(
    """
    <you|they|guys|people|these|why dont|never|wont|cant|couldnt|didnt|not [ever|please|want_to|mean_to|want_you_to|wanna|need_to|wish_to|going_to|trying_to|planning_to] stop|quit|cancel|end|unsubscribe|unsubscribed|opt_out|opted_out|optout|revoke|unsub [{texting}|sending|receiving|getting] ~2
    dont|never|didnt|not [want|wish|mean|need|plan|ask|asked] [you|me] [to] remove_me|be_removed|take_me_off|opt_me_out|unsubscribe_me|miss|lose ~4
    dont|never want|wanna|wish|mean|like you|it|this|these|those|them|{msgs} to stop|quit|end|cancel|remove|unsubscribe ~3
    accidentally|mistakenly unsubscribed|opted_out
    dont [you] forget|hesitate|worry|be_afraid|be_shy ~4
    dont leave me|us alone
    stop [,] drop and
    why|how_come|when did|have|has you|u|they|yall|it stop|stopped|quit ~2
    why|how_come you|u|they|yall|it stopped|quit ~2
    unsubscribe*|unsub|cancel [me] from [your|the|my] [~1] podcast|channel|youtube|netflix|hulu|magazine|app|class|session
    i|we|he|she|they|people|kids|who|friends dont|never|cant|didnt|wont|couldnt|doesnt|havent text|message|email|write|call|contact|respond|reply *
    why|how_come|if dont|didnt|havent|not [you] text|message|email|write|call|contact
    {third}|NAME|ex|boyfriend|girlfriend wont|doesnt|never|cant stop|leave {texting}|calling|me|us [alone]
    wrong person|number ~2 meant for|to
    i|we [just|accidentally|must_have|may_have|might_have|already] sent|texted|messaged|called|dialed ~5 wrong number|person
    {remove} ~3 off|from|of ~2 wait|waiting|guest|wish|shopping list
    subscription|subscriptions to ~3 box|boxes|plan|magazine|newspaper|paper|gym|club
    here [,] [but|and] he|she|they lives|live|stays next|down|up|upstairs|downstairs|across|around|over
    live|lives here [,] during|full_time|year_round|all_year|on|in|yet|but_i|but_we|but_he|but_she|but_they
    i|ive|we [have] never|didnt|havent unsubscribed|opted_out|cancelled|canceled
    """,
    VOCABULARY,
)

# Texts instead of calls.
TEXT_RATHER = phrases(
    """
    dont|no|not|stop|never|instead_of|rather_than|quit call|calls|calling|phone_calls|email|emails|emailing [{rather}] [{rather}] [{rather}] [{rather}] text|texting|message
    text|message ~2 instead_of|rather_than|dont|no call|calling|calls|email|emailing
    """,
    {
        "rather": "me us please just only instead but you can i prefer better is im busy at work driving now it a to ,"
    },
)
