"""French phrases, accents dropped and elisions as two words (`n envoyez`), as folded text has them."""

from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

_VOCABULARY = {
    "halt": "arret* cess* stop stopp* finiss* suspend* interromp*",
    "send": "demarch* envoy* envoi* menvoy* mecri* ecri* contact* text* messag* harcel* derang* spam* embet* import* appel* sollicit* notifi* emmerd*"
    " relanc* recontact* adress* parler",
    "call": "demarch* ecri* contact* recontact* text* harcel* derang* spam* embet* import* appel* sollicit* emmerd* relanc*",
    "msgs": "message messages sms texto textos textes pub pubs publicite publicites promo promos promotions alertes"
    " notifications courriels spam spams sollicitations annonces mms envois rappels mail mails email emails relances appels demarchage contact contacts envoi",
    "want": "accepte acceptons veux souhaite desire voudrais veut souhaitons voulons aimerais desirons",
    "off": "perdez jetez enlev* retir* supprim* effac* ray* radi* ote* otez sortez sors desinscri* desabon* exclu* elimin* oubli*",
    "number": "numero nom contact tel telephone cellulaire portable coordonnees donnees infos num",
    "list": "liste listes base systeme fichier fichiers repertoire contacts envois base_de_donnees groupe",
    "det": "de d des les le la l vos votre tes ton ces ce cet cette tous toutes tout mes mon ma un une aux au a y ce_genre_de ce_type_de",
    "pron": "me m moi nous lui te",
}

NEGATED = phrases(
    """
    n|ne [m|me|vous|t|te|l|les|surtout] arret*|cess*|desabonn*|supprim*|annul*|stopp* [pas|jamais|point] ~3
    pas arret*|desabonn*|annul*
    {want} [surtout] pas [me|m|nous] desabonner|desinscrire|arreter|annuler|resilier
    ne|n [m|me|nous] appel* pas|plus [,] [mais|juste] ecri*|text*|envoy*
    sans arret
    """,
    _VOCABULARY,
)

REVOKE = phrases(
    """
    {halt} [svp|ca|maintenant|immediatement|tout_de_suite] [{det}] [{pron}] [{pron}] {send}
    {halt} [svp] [avec|{det}] [{det}] [{det}] {msgs}
    {halt} [avec|{det}] [{det}] [{send}] [{det}] {msgs}
    ne|n|veuillez_ne [{pron}] [{pron}] {send} plus|jamais|aucun|rien
    ne|n|veuillez_ne {pron} [{pron}] {call} pas !avant|apres|entre|ce|aujourd|demain|le|la
    ne|n [{pron}] {send} pas [{det}] {msgs}|$
    ne|n plus|pas|jamais|rien [{pron}] [jamais] {send}
    plus|pas [jamais] {pron} {send} !la|le|l|une
    plus|pas [jamais] {send} $|{msgs}
    ne|n [{pron}] {send} plus
    ne|n|en {want} plus|pas|aucun*|absolument_pas [de|d] recevoir ~3 {msgs}|offres|rien|$
    ne|n|en {want} plus|pas avoir ~3 {msgs}|offres
    ne|n {want} plus|pas [jamais] [d] etre contact*|sollicit*|derang*|harcel*|inscrit*|abonne*|import*
    ne|n {want} plus|pas rien [recevoir]
    n|ne accept* plus|pas [{det}] [{det}] {msgs}
    mett* fin ~1 {msgs}|ca|cela
    interesse* arret*|stop
    {want}|exige|demande que vous|ca|cela|ces [s] arret*|cess*|stopp* $|{det}
    {want} plus|pas [jamais] entendre parler
    n insist* pas|plus
    zero {msgs}
    sur bloctel
    liste d opposition|exclusion
    vire|virez|degage|degagez [moi] mon|ce {number}
    vire|virez|degage|degagez moi de [{det}] {list}
    avez pas|aucun [le] droit de [m|me|nous] {send}
    interdi* ~3 {send}|{msgs}
    je revoque [tout] $
    retrait|suppression de [{det}] {list}
    bloque* mon|ce|notre {number}
    ai [deja] dit|repondu|repete|ecrit|envoye|texte|tape [d|de] stop|arret*
    faut|devez arreter|cesser $
    sortir|quitter|partir [de] la|cette|votre|vos liste|listes
    comment ~3 arret*|stopp* [ca|cela|ceci] $
    prefere|prefererais|aimerais ne pas|plus recevoir|etre ~2 {msgs}|contact*|sollicit*|derang*|harcel*|appel*|inscrit*|abonne*
    plus|pas besoin de|d [{det}] {msgs}
    n|ne utilis* plus|pas mon|ce|notre {number}
    {msgs} arretez|stop $
    ^ arret|arretez immediat|total|definitif|avec ca|$
    ne|n {want} plus|pas que vous|l_on|on ~1 {send}
    ne|n {want} plus|pas|aucun* [{det}] [{det}] {msgs}
    je|j {want} plus !souvent [recevoir|etre|{det}] ~2 {msgs}|{send}
    je|j {want} plus [recevoir] $
    je|nous|on {want} plus|pas recevoir ~3 {msgs}|offres|rien|ca|cela
    n|ne [{pron}] {send} plus|pas [{det}] [{det}] {msgs}
    ^ [{polite}] [{polite}] pas de relance|relances|sms|messages|textos|texto|pub|pubs|publicite|promos|promotions|courriels|mails|spam|notifications !recu|recus|{number_word}
    ^ [{polite}] [{polite}] plus|aucun|assez|fini [{det}|aucun|jamais] [{det}] {msgs} !{number_word}|que|recu|recus|recue
    plus aucun|jamais|un_seul [{det}] {msgs} !recu|recue
    assez|marre|ras_le_bol|suffit|fatigue*|tanne* [avec] [{det}] [{det}] {msgs}
    desabon*|desinscri*|desincri*|desabo
    annul*|resili*|stopp*|cess*|termin*|arret*|suspend* [{det}] [{det}] abonnement*|inscription|{msgs}
    {off} [{det}] moi|me|nous $|{det}|svp|immediatement
    etre {off} [{det}] [{det}] {list}|$
    me|nous|m {off} [{det}|de] [{det}|de] {list}|$
    {off} mon|ce|mes|notre|le {number} !de_la_commande|sur
    {off} [{det}] {number} {det} [{det}] {list}
    retir*|revoqu*|annul* mon|tout|ma|mes consentement|accord|autorisation|permission
    jamais|pas|aucun|sans|ni [{det}|donne|eu] [donne|eu|{det}|mon|accord*] [{det}|mon|votre] consentement|accord|autorisation|permission|consenti !avec|sur
    n|ne ~2 pas|jamais autoris*|consent*|accept* !la|le
    pas|jamais autoris*|consenti [a|au|ces|cela|ca|vos|ce|d] ~1 {msgs}|{send}|$
    jamais|pas inscrit*|abonne*|souscrit|demande ~1 [{det}] ceci|cela|ca|{msgs}|liste|rien|service|$
    laisse*|foutez|fichez|lachez|fous|fiche|lache [{pron}] [{pron}] [{det}] [~1] tranquille*|la_paix|en_paix
    lachez|lache moi
    refuse* [de] recevoir|{msgs}|vos
    fin [{det}] [{det}] {msgs}
    stop a tout|tous|vos|ces
    arreter de recevoir
    <ne|n|pas resilie|desinscris $
    n|ne ~2 rien demande
    ai rien demande [a_personne|svp|stop] $
    demand* mon|ma|notre retrait|suppression|desinscription|desabonnement
    ne plus|pas {pron} {send}
    ne plus recevoir
    n|ne consens|consentons|autorise|autorisons pas|plus $|{det}
    refus [de] recevoir|{msgs}|vos
    demand* [de|d|a] [d|a] arret*|cess*|stopp*|desabon*|desinscri*
    desactiv* [{det}] {msgs}
    suppression|retrait|effacement [de|du|d] [mes|mon|ma] {number}
    annul*|arret*|cess*|suspend*|stopp* [l|les|vos|tout|tous] [les] envoi|envois
    pas|jamais|rien demande [a|de] recevoir|{msgs}|ca|cela|etre
    <que ne|n {want} rien [recevoir|avoir|savoir] $|de_vous|de_votre|recevoir
    je|j {want} pas [de] [vos|ces|tes|ca|recevoir] [vos|ces|tes|de] {msgs}
    {halt} [avec] vos|tes|ces ~2 {msgs}
    ^ [svp|stop] {pron} {send} plus|pas|rien [de|vos|d|rien] {msgs}|rien|$
    oppos* ~2 {msgs}|recevoir|reception|envoi|prospection|demarchage|utilisation|traitement
    """,
    _VOCABULARY
    | {
        "polite": "merci svp bonjour stop non et alors donc ok d",
        "number_word": "1* 2* 3* 4* 5* 6* 7* 8* 9* deux trois quatre cinq dix",
    },
)

REVOKE_SENDER = phrases(
    """
    ^ [{polite}] [{polite}] [{polite}] stop|arret|arretez|arrete|arreter|cessez|cesse|cesser|stopper|stoppez [tout|ca|sa|cela|immediatement|maintenant|tout_de_suite|ceci] [merci|la|tout_de_suite|immediatement|maintenant] $
    ^ [{polite}] stop pub|publicite|pubs|sms|promo|promos $
    ^ [{polite}] stop|arretez je|j|pas [ne|n] suis|veux|connais|ai|interesse*
    ^ [{polite}] ca suffit $
    """,
    {"polite": "merci svp bonjour ok non_, oui mais veuillez de d stp alors maintenant bon"},
)

WRONG_NUMBER = phrases(
    """
    mauvais*|faux|errone*|incorrect* numero|number|personne|destinataire|contact !de_commande|de_la|de_suivi
    numero|destinataire errone|incorrect|mauvais $
    tromp* [de|du] numero|personne|destinataire
    erreur [de|sur_la|sur_le|d] numero|personne|destinataire
    pas|plus le bon numero|contact|destinataire
    pas|plus la bonne personne
    pas|plus son|mon|leur|le numero|tel|telephone [de] !de_commande
    pas|plus de NAME
    est|suis|appelle pas|plus NAME $
    n|ne habite|vit|travaille plus|pas ici
    numero ne lui appartient
    nouveau|nouvelle proprietaire|titulaire
    ^ inconnu|inconnue [ici|a_ce_numero] $
    pas mon nom
    numero non attribue
    faites|fait|faire erreur
    ne suis pas|plus NAME|cette_personne|la_bonne_personne|elle|lui
    n|ne a|est|utilise|possede plus|pas ce|a_ce|son numero|lui|elle
    numero n est|appartient plus|pas [a] [lui|elle|NAME|le|celui|au|attribue]
    ne|n connais|connait|connaissons pas|aucun* [de|d] {name}|cette_personne|personne
    personne [ici] [de|du|ne] ~1 nom|appelle|nomme|NAME
    <j_ai|ai|je change* de numero|telephone|tel|portable
    n est plus|pas elle|lui $
    """
)

START = phrases(
    """
    <ne|n|pas veux|souhaite|voudrais|aimerais m|me|nous [re] abonner|inscrire|reabonner|reinscrire
    <ne|n|pas abonnez|reabonnez|inscrivez|reinscrivez moi|nous|m
    recommenc*|reprend*|reprenez ~2 {msgs}|envois|a_m_envoyer|de_m_envoyer
    <ne|n|plus|pas veux|souhaite|voudrais !plus|pas|aucun|rien ~1 recevoir [vos|les|des|a_nouveau|de_nouveau|encore] [messages|sms|alertes|textos] [a_nouveau|de_nouveau|encore|$]
    """,
    _VOCABULARY,
)

HELP = phrases(
    """
    ^ [bonjour|svp] [j_ai] besoin d aide $
    ^ [bonjour|svp|pouvez_vous] [m] aidez|aide|aider [moi|nous] $
    ^ [plus_d] information|informations|infos $
    """
)

DOUBT = phrases(
    """
    pas|plus interesse*
    ^ [c_est|c_est_du|c_est_une|quel|quelle] arnaque|spam|fraude|harcelement $
    ^ [ca|cela|ok|ok_ca] suffit|assez [maintenant|comme_ca] $
    ^ assez $
    ^ [je|j] [n_en|en|ne] veux plus|pas|rien [rien] $
    ^ plus jamais $
    qui est NAME $
    ^ plus rien $
    interesse|interessent pas|plus
    ^ j arrete $
    ^ tout arreter $
    ^ annulation|resiliation|desistement|opposition|retrait $
    ^ je refuse $
    ne suis pas|plus client*
    pas moi
    ^ pas de message $
    fous|foutez|casse* le|toi|moi|vous
    est|appelle pas|plus CAPITAL $
    ^ connais|connait pas $
    va|allez [te|vous] faire
    degage*
    ta gueule
    comment|qui|ou ~2 eu|obtenu|trouve|donne mon numero|contact
    vous signaler|denoncer|bloquer
    signale*|bloque*|denonce* ce|votre|vous|numero|$
    trop|moins de messages|sms|textos
    ^ [je|j] [veux|voudrais|souhaite|dois] annuler|resilier|arreter|quitter|sortir [ca|cela] $
    <prochain|quel|cet|dernier|premier|un|mon arretez|cessez|arret
    veux plus de messages|sms|textos
    <en|dans plus|pas|aucun ~1 messages|sms|textos|message
    consentement|harcelement
    {off} ~2 numero|liste
    porte*|depose* plainte
    """,
    _VOCABULARY,
)

ORDINARY = phrases(
    """
    arret de|d|maladie|du|a|au|cardiaque
    l|d|cet|quel|prochain|un|mon|dernier|premier|votre|chaque|quelle arret|arrets
    s|m|t|me|se|nous|vous|j|elle|il|on|y arret* [de|a|au|pas|la|le|les|travailler|fumer]
    arret* vous|tu|nous a|ou|quand|pour
    arret* de t|s|se|te
    arret* fumer|travailler|le_traitement|la_voiture
    ne|n ~1 recois|recu|arriv*|recevons ~1 plus|pas|rien|aucun ~4
    pas recu|recue ~4
    en|un_peu|encore plus de
    """
)

AUTOMATIC = phrases(
    """
    reponse|message automatique
    au volant
    absent* du bureau
    je conduis
    ce numero n accepte|recoit
    appel manque de
    """
)
